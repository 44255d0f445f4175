/* Where no byte is left, neither a node nor a channel is accepted: so a walk ends at the end. */

#include "prove.h"

int main(void) {
    cursor at_node = any_cursor();
    cursor at_channel = any_cursor();

    ASSUME(at_node.left == 0 && at_channel.left == 0);
    PROVE("no node", node_error(&at_node, any_byte(), any_u32()) != WANN_OK);
    PROVE("no channel", channel_error(&at_channel) != WANN_OK);
    return 0;
}
