"""The texts of a generated header's functions that read frames; ``sight.py`` fills the marks."""

FRAME = """\
/*
 * Frames: <frame_rows> rows from the top, each of <frame_columns> pixels from the left, each of them
 * red, green and blue. All rows of a frame come in order; row 0 begins one.
 */
#define <P>_FRAME_ROWS <frame_rows>
#define <P>_ROW_BYTES (3 * <frame_columns>)
#define <P>_FAULT_FRAME 256

/* What is kept of the rows that came; nobody else's business. */
typedef struct <p>_frame {
    uint32_t next; /* row; more than there are: one was missing */
    int32_t cells[<cells>];
    int32_t sums[<latents>];<bars>
} <p>_frame;"""

# The writes of zeros are volatile, or a loop of them would become a call of memset, which a program without a C library
# lacks (GCC 12, -O2).
TABLES = """\
/* Weights stay in flash, also where that is a memory of its own. */
#if defined(__AVR__)
#define <P>_WEIGHT_OF(address) ((int<bits>_t)pgm_read_<unit>(address))
#else
#define <P>_WEIGHT_OF(address) (*(address))
#endif"""

RESET = """\
/* Forgets all rows; the first row of a frame does so, too. */
<head frame_reset>
    unsigned k;
    frame->next = 0;
    for (k = 0; k < <cells>u; k++) {
        *(volatile int32_t *)&frame->cells[k] = 0;
    }
    for (k = 0; k < <latents>u; k++) {
        *(volatile int32_t *)&frame->sums[k] = 0;
    }<no_bars>
}"""

CELLS = """\
/* Adds a row of pixels to a row of cells: how much greener than red they are. */
<head cells>
    unsigned k;
    unsigned x;
    for (k = 0; k < <side>u; k++) {
        int32_t sum = 0;
        for (x = <cell_columns>u * k; x < <cell_columns>u * (k + 1u); x++) {
            const int green = (int)rgb[3u * x + 1u] - (int)rgb[3u * x];
            const int positive = green < 0 ? 0 : green;
            sum += positive > <most> ? <most> : positive;
        }
        cells[k] += sum;
    }
}"""

PLAIN_BAND = """\
/* Adds a row of cells, which is complete, to the sums of the latents. */
<head band>
    /* clang-format off */
    static const int<bits>_t weights[<side> * <latents>][<width>] <P>_FLASH = {
<weights>
    };
    /* clang-format on */
    unsigned j;
    unsigned k;
    for (j = 0; j < <latents>u; j++) {
        int32_t sum = frame->sums[j];
        for (k = 0; k < <side>u; k++) {
            sum += <P>_WEIGHT_OF(&weights[band * <latents>u + j][k]) * frame->cells[k];
        }
        frame->sums[j] = sum;
    }
    for (k = 0; k < <side>u; k++) {
        *(volatile int32_t *)&frame->cells[k] = 0;
    }
}"""

FEATURES = """\
/* What a filter finds at column c of the last <size> rows of cells, the oldest of which is ``first``. */
<head found>
    /* clang-format off */
    static const int<bits>_t filters[<n_filters>][<pixels>] <P>_FLASH = {
<filters>
    };
    /* clang-format on */
    int32_t sum = 0;
    unsigned i;
    unsigned j;
    for (i = 0; i < <size>u; i++) {
        for (j = 0; j < <size>u; j++) {
            sum += <P>_WEIGHT_OF(&filters[f][<size>u * i + j]) *
                   frame->cells[(first + i) % <size>u * <side>u + c + j];
        }
    }
    return sum < 0 ? 0 : sum;
}

/* Adds a row of places, whose cells are complete, to the sums of the latents. */
<head band>
    /* clang-format off */
    static const int<bits>_t weights[<places> * <places> * <n_filters>][<latents>] <P>_FLASH = {
<weights>
    };
    /* clang-format on */
    unsigned c;
    unsigned f;
    unsigned j;
    const uint32_t first = band - <size>u + 1u;
    if (band + 1u >= <size>u && first % <stride>u == 0u && first / <stride>u < <places>u) {
        for (c = 0; c < <places>u; c++) {
            for (f = 0; f < <n_filters>u; f++) {
                const int32_t found = <p>_found(frame, f, first, <stride>u * c);
                const uint32_t place = (first / <stride>u * <places>u + c) * <n_filters>u + f;
                for (j = 0; j < <latents>u; j++) {
                    frame->sums[j] += <P>_WEIGHT_OF(&weights[place][j]) * found;
                }
            }
        }
    }
    for (c = 0; c < <side>u; c++) { /* the row of cells that comes next */
        *(volatile int32_t *)&frame->cells[(band + 1u) % <size>u * <side>u + c] = 0;
    }
}"""

ROW = """\
/* Takes row y of a frame. A row that does not follow the one before makes the frame incomplete. */
<head row>
    if (y == 0u) {
        <p>_frame_reset(frame);
    }
    if (y != frame->next || y >= <frame_rows>u) {
        frame->next = <frame_rows>u + 1u;
        return;
    }
    frame->next = y + 1u;
    if (y < <seen_rows>u) {
        const uint32_t band = y / <cell_rows>u;
        <p>_cells(<slot>, rgb);
        if (y % <cell_rows>u == <cell_rows>u - 1u) {
            <p>_band(frame, band);
        }
    }<read_bars>
}"""

OBSERVE = """\
/* Computes the observations from a frame. Returns 0; or 1, and nothing else, if a row lacks. */
<head observe>
    <P>_EXACT
    int32_t sum;
    if (frame->next != <frame_rows>u) {
        return 1;
    }
<observations>
    return 0;
}"""

SELFTEST = """\
/* Reads three drawn frames. Returns 0; or the fault of frames, if an observation has other bits. */
static inline int <p>_selftest_frame(void) {
    volatile unsigned first = 0; /* volatile: all is computed here, not in the compiler */
    <p>_frame frame;
    float obs[<P>_N_OBSERVATIONS];
    uint8_t rgb[<P>_ROW_BYTES];
    uint32_t hash = 0x811c9dc5u;
    uint32_t number;
    uint32_t y;
    uint32_t k;
    for (number = first; number < 3u; number++) {
        for (y = 0; y < <frame_rows>u; y++) {
            for (k = 0; k < 3u * <frame_columns>u; k++) {
                const uint32_t block = y / <cell_rows>u * <frame_columns>u + k / 3u / <cell_columns>u;
                const uint32_t pixel = number == 0u ? y * <frame_columns>u + k / 3u : block;
                const uint32_t place = pixel * 3u + k % 3u + (number << 20);
                const uint32_t bits = <p>_mixed(place);
                rgb[k] = (uint8_t)(number < 2u ? bits >> 24 : (bits & 1u) * 255u);
            }
            <p>_row(&frame, y, rgb);
        }
        if (<p>_observe(&frame, obs) != 0) {
            return <P>_FAULT_FRAME;
        }
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            hash = <p>_hashed(hash, obs[k]);
        }
    }
    return hash == <hash> ? 0 : <P>_FAULT_FRAME;
}"""
