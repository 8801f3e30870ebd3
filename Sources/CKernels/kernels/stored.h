// Stored weights, expanded to float or multiplied in place. Block layouts are ggml's (`ggml-common.h`): a block of
// 32 or 256 consecutive elements of a row shares a scale, some also a minimum, in half precision.

// Half to float without the F16C instruction; subnormal halves are exact although the thread flushes denormals.
INLINE float half_to_float(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7fff;
    uint32_t normal = (magnitude << 13) + 0x38000000u;
    float subnormal = bits_to_float((magnitude << 13) | 0x38800000u) - bits_to_float(0x38800000u);
    float value = magnitude < 0x0400 ? subnormal : bits_to_float(magnitude >= 0x7c00 ? normal + 0x38000000u : normal);
    return bits_to_float(float_to_bits(value) | sign);
}
INLINE float half_at(const uint8_t *bytes) {
    uint16_t h;
    memcpy(&h, bytes, 2);
#if CK_WIDTH >= 8
    return _cvtsh_ss(h);                            // exact, and not subject to the flushing of denormals
#else
    return half_to_float(h);
#endif
}

static void expand_f32(float *out, const void *row, long begin, long end) {
    memcpy(out, (const float *)row + begin, (size_t)(end - begin) * 4);
}
static void expand_f16(float *restrict out, const void *row, long begin, long end) {
    const uint16_t *restrict a = (const uint16_t *)row + begin;
    for (long i = 0; i < end - begin; i++) out[i] = half_to_float(a[i]);
}
static void expand_bf16(float *restrict out, const void *row, long begin, long end) {
    const uint16_t *restrict a = (const uint16_t *)row + begin;
    for (long i = 0; i < end - begin; i++) out[i] = bits_to_float((uint32_t)a[i] << 16);
}

// Sixteen small integers, and what is done to them. The compiler's own handling of bytes is several times slower, so
// the two wide instruction sets say it themselves.
#if CK_WIDTH >= 8
typedef __m128i bytes16;
INLINE bytes16 bytes_at(const uint8_t *q) { return _mm_loadu_si128((const __m128i *)q); }
INLINE bytes16 low_nibbles(bytes16 q) { return _mm_and_si128(q, _mm_set1_epi8(15)); }
INLINE bytes16 high_nibbles(bytes16 q) { return low_nibbles(_mm_srli_epi16(q, 4)); }
INLINE bytes16 either(bytes16 a, bytes16 b) { return _mm_or_si128(a, b); }
INLINE bytes16 moved_up(bytes16 q) { return _mm_xor_si128(q, _mm_set1_epi8((char)0x80)); }
// Shifted within each byte, up where `by` is above 0, and cut to `mask`, which has no bit that comes from a neighbour.
INLINE bytes16 shifted(bytes16 q, int by, char mask) {
    __m128i moved = by >= 0 ? _mm_sll_epi16(q, _mm_cvtsi32_si128(by)) : _mm_srl_epi16(q, _mm_cvtsi32_si128(-by));
    return _mm_and_si128(moved, _mm_set1_epi8(mask));
}
// Bit i of `bits` as 16 in byte i.
INLINE bytes16 sixteens(uint16_t bits) {
    const __m128i which = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    const __m128i others = _mm_set1_epi64x(0x7fbfdfeff7fbfdfe);
    __m128i spread = _mm_or_si128(_mm_shuffle_epi8(_mm_cvtsi32_si128(bits), which), others);
    return _mm_and_si128(_mm_cmpeq_epi8(spread, _mm_set1_epi8(-1)), _mm_set1_epi8(16));
}
#else
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef float floats16 __attribute__((vector_size(64)));
INLINE bytes16 bytes_at(const uint8_t *q) { bytes16 out; memcpy(&out, q, 16); return out; }
INLINE bytes16 low_nibbles(bytes16 q) { return q & 15; }
INLINE bytes16 high_nibbles(bytes16 q) { return q >> 4; }
INLINE bytes16 either(bytes16 a, bytes16 b) { return a | b; }
INLINE bytes16 moved_up(bytes16 q) { return q ^ 0x80; }
INLINE bytes16 shifted(bytes16 q, int by, char mask) { return (by >= 0 ? q << by : q >> -by) & (uint8_t)mask; }
INLINE bytes16 sixteens(uint16_t bits) {
    uint8_t low = (uint8_t)bits, high = (uint8_t)(bits >> 8);
    const bytes16 own = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    bytes16 spread = {low, low, low, low, low, low, low, low, high, high, high, high, high, high, high, high};
    return (bytes16)((spread & own) == own) & 16;
}
#endif
// Times d, plus m.
#if CK_WIDTH == 16
INLINE void scaled_bytes(float *out, bytes16 q, float d, float m) {
    __m512 x = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(q));
    _mm512_storeu_ps(out, _mm512_fmadd_ps(x, _mm512_set1_ps(d), _mm512_set1_ps(m)));
}
#elif CK_WIDTH == 8
INLINE void scaled_bytes(float *out, bytes16 q, float d, float m) {
    __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(q));
    __m256 high = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(q, 8)));
    _mm256_storeu_ps(out, _mm256_fmadd_ps(low, _mm256_set1_ps(d), _mm256_set1_ps(m)));
    _mm256_storeu_ps(out + 8, _mm256_fmadd_ps(high, _mm256_set1_ps(d), _mm256_set1_ps(m)));
}
#else
INLINE void scaled_bytes(float *out, bytes16 q, float d, float m) {
    floats16 x = __builtin_convertvector(q, floats16) * d + m;
    memcpy(out, &x, 64);
}
#endif

// One block each: `out` gets 32 floats.
INLINE void block_nibbles(float *out, const uint8_t *q, float d, float m) {
    bytes16 all = bytes_at(q);
    scaled_bytes(out, low_nibbles(all), d, m);
    scaled_bytes(out + 16, high_nibbles(all), d, m);
}
INLINE void block_q4_0(float *restrict out, const uint8_t *restrict block) {
    float d = half_at(block);
    block_nibbles(out, block + 2, d, -8 * d);
}
INLINE void block_q4_1(float *restrict out, const uint8_t *restrict block) {
    block_nibbles(out, block + 4, half_at(block), half_at(block + 2));
}
// The fifth bit of element i is bit i of a 32-bit word.
INLINE void block_q5(float *restrict out, const uint8_t *restrict high, const uint8_t *restrict low, float d, float m) {
    uint16_t bits[2];
    memcpy(bits, high, 4);
    bytes16 all = bytes_at(low);
    scaled_bytes(out, either(low_nibbles(all), sixteens(bits[0])), d, m);
    scaled_bytes(out + 16, either(high_nibbles(all), sixteens(bits[1])), d, m);
}
INLINE void block_q5_0(float *restrict out, const uint8_t *restrict block) {
    float d = half_at(block);
    block_q5(out, block + 2, block + 6, d, -16 * d);
}
INLINE void block_q5_1(float *restrict out, const uint8_t *restrict block) {
    block_q5(out, block + 4, block + 8, half_at(block), half_at(block + 2));
}
INLINE void block_q8_0(float *restrict out, const uint8_t *restrict block) {
    float d = half_at(block);
    scaled_bytes(out, moved_up(bytes_at(block + 2)), d, -128 * d);          // signed bytes, moved up by 128
    scaled_bytes(out + 16, moved_up(bytes_at(block + 18)), d, -128 * d);
}

// The six-bit scale and minimum of sub-block j, packed into twelve bytes.
INLINE void scale_and_minimum(const uint8_t *packed, int j, int *scale, int *minimum) {
    if (j < 4) {
        *scale = packed[j] & 63;
        *minimum = packed[j + 4] & 63;
    } else {
        *scale = (packed[j + 4] & 15) | ((packed[j - 4] >> 6) << 4);
        *minimum = (packed[j + 4] >> 4) | ((packed[j] >> 6) << 4);
    }
}
// One block each: `out` gets 256 floats.
INLINE void block_q4_K(float *restrict out, const uint8_t *restrict block) {
    float d = half_at(block), least = half_at(block + 2);
    for (int j = 0; j < 8; j++) {
        int scale, minimum;
        scale_and_minimum(block + 4, j, &scale, &minimum);
        float factor = d * (float)scale, offset = least * (float)minimum;
        for (int half = 0; half < 2; half++) {
            bytes16 q = bytes_at(block + 16 + j / 2 * 32 + half * 16);
            scaled_bytes(out + j * 32 + half * 16, j % 2 ? high_nibbles(q) : low_nibbles(q), factor, -offset);
        }
    }
}
INLINE void block_q5_K(float *restrict out, const uint8_t *restrict block) {
    float d = half_at(block), least = half_at(block + 2);
    const uint8_t *restrict high = block + 16;
    for (int j = 0; j < 8; j++) {
        int scale, minimum;
        scale_and_minimum(block + 4, j, &scale, &minimum);
        float factor = d * (float)scale, offset = least * (float)minimum;
        for (int half = 0; half < 2; half++) {
            bytes16 q = bytes_at(block + 48 + j / 2 * 32 + half * 16);
            bytes16 fifth = shifted(bytes_at(high + half * 16), 4 - j, 16);
            scaled_bytes(out + j * 32 + half * 16, either(j % 2 ? high_nibbles(q) : low_nibbles(q), fifth), factor,
                         -offset);
        }
    }
}
INLINE void block_q6_K(float *restrict out, const uint8_t *restrict block) {
    float d = half_at(block + 208);
    const int8_t *restrict scales = (const int8_t *)(block + 192);
    for (int n = 0; n < 2; n++)
        for (int quarter = 0; quarter < 4; quarter++) {
            const uint8_t *restrict low = block + n * 64 + quarter % 2 * 32;
            const uint8_t *restrict high = block + 128 + n * 32;
            for (int half = 0; half < 2; half++) {
                bytes16 q = bytes_at(low + half * 16);
                bytes16 upper = shifted(bytes_at(high + half * 16), 4 - quarter * 2, 0x30);
                float factor = d * (float)scales[n * 8 + quarter * 2 + half];
                scaled_bytes(out + n * 128 + quarter * 32 + half * 16,
                             either(quarter / 2 ? high_nibbles(q) : low_nibbles(q), upper), factor, -32 * factor);
            }
        }
}

#define EXPAND(type, length, bytes)                                                          \
    static void expand_##type(float *out, const void *row, long begin, long end) {           \
        const uint8_t *block = (const uint8_t *)row + begin / length * bytes;                \
        for (long i = begin; i < end; i += length, out += length, block += bytes) block_##type(out, block); \
    }
EXPAND(q4_0, 32, 18)
EXPAND(q4_1, 32, 20)
EXPAND(q5_0, 32, 22)
EXPAND(q5_1, 32, 24)
EXPAND(q8_0, 32, 34)
EXPAND(q4_K, 256, 144)
EXPAND(q5_K, 256, 176)
EXPAND(q6_K, 256, 210)

// Dot products of one stored row with few rows of x: the row is expanded a piece at a time and stays in the
// nearest cache. With many rows of x the expansion is shared by a matrix product instead (matmul.c).
#define PIECE 512
#define ROW_DOT(type)                                                                        \
    static void row_dot_##type(float *out, const void *row, const float *x, long count, long K) { \
        _Alignas(64) float piece[PIECE];                                                     \
        for (long n = 0; n < count; n++) out[n] = 0;                                         \
        for (long k = 0; k < K; k += PIECE) {                                                \
            long end = k + PIECE < K ? k + PIECE : K;                                        \
            expand_##type(piece, row, k, end);                                               \
            for (long n = 0; n < count; n++) out[n] += dot(piece, x + n * K + k, end - k);   \
        }                                                                                    \
    }
ROW_DOT(f16)
ROW_DOT(bf16)
ROW_DOT(q4_0)
ROW_DOT(q4_1)
ROW_DOT(q5_0)
ROW_DOT(q5_1)
ROW_DOT(q8_0)
ROW_DOT(q4_K)
ROW_DOT(q5_K)
ROW_DOT(q6_K)
static void row_dot_f32(float *out, const void *row, const float *x, long count, long K) {
    for (long n = 0; n < count; n++) out[n] = dot(row, x + n * K, K);
}
