/*
 * A plugin of QEMU: writes how many instructions ran between any two calls of one function.
 * Arguments: mark=<address of the function>,out=<file>.
 *
 * Debian has no qemu-plugin.h, so what is used of its interface, version 1, is declared here.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;   /* a block: instructions that run one after another */
struct qemu_plugin_insn; /* an instruction of it */
struct qemu_info_t;
typedef void (*block_function)(plugin_id, struct qemu_plugin_tb *);
typedef void (*run_function)(unsigned, void *);
typedef void (*exit_function)(plugin_id, void *);
enum { NO_REGISTERS = 0, ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, block_function);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, run_function, int, void *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
void qemu_plugin_register_atexit_cb(plugin_id, exit_function, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

extern int qemu_plugin_version;
int qemu_plugin_version = 1;
int qemu_plugin_install(plugin_id, const struct qemu_info_t *, int, char **);

static uint64_t mark;
static uint64_t count;
static FILE *out;

static void at_mark(unsigned processor, void *nothing) {
    (void)processor;
    (void)nothing;
    fprintf(out, "%llu\n", (unsigned long long)count);
    count = 0;
}

/* A call begins a block, so counting whole blocks is exact: nothing here is ever interrupted. */
static void at_translation(plugin_id id, struct qemu_plugin_tb *block) {
    (void)id;
    if (qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(block, 0)) == mark) {
        qemu_plugin_register_vcpu_tb_exec_cb(block, at_mark, NO_REGISTERS, NULL);
    }
    qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &count, qemu_plugin_tb_n_insns(block));
}

static void at_end(plugin_id id, void *nothing) {
    (void)id;
    (void)nothing;
    fclose(out);
}

int qemu_plugin_install(plugin_id id, const struct qemu_info_t *info, int argc, char **argv) {
    int k;
    (void)info;
    for (k = 0; k < argc; k++) {
        if (strncmp(argv[k], "mark=", 5) == 0) {
            mark = strtoull(argv[k] + 5, NULL, 0);
        } else if (strncmp(argv[k], "out=", 4) == 0) {
            out = fopen(argv[k] + 4, "w");
        }
    }
    if (out == NULL) {
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, at_translation);
    qemu_plugin_register_atexit_cb(id, at_end, NULL);
    return 0;
}
