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
INLINE float half_at(const uint8_t *bytes) { uint16_t h; memcpy(&h, bytes, 2); return half_to_float(h); }

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

// Sixteen small integers, times d, plus m. The compiler's own widening of bytes is several times slower, so the two
// wide instruction sets say it themselves.
typedef struct { uint8_t b[16]; } bytes16;
#if CK_WIDTH == 16
INLINE void scaled_bytes(float *out, const uint8_t *q, float d, float m) {
    __m512 x = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)q)));
    _mm512_storeu_ps(out, _mm512_fmadd_ps(x, _mm512_set1_ps(d), _mm512_set1_ps(m)));
}
#elif CK_WIDTH == 8
INLINE void scaled_bytes(float *out, const uint8_t *q, float d, float m) {
    __m128i all = _mm_loadu_si128((const __m128i *)q);
    __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(all));
    __m256 high = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(all, 8)));
    _mm256_storeu_ps(out, _mm256_fmadd_ps(low, _mm256_set1_ps(d), _mm256_set1_ps(m)));
    _mm256_storeu_ps(out + 8, _mm256_fmadd_ps(high, _mm256_set1_ps(d), _mm256_set1_ps(m)));
}
#else
INLINE void scaled_bytes(float *out, const uint8_t *q, float d, float m) {
    for (int i = 0; i < 16; i++) out[i] = (float)q[i] * d + m;
}
#endif
INLINE bytes16 low_nibbles(const uint8_t *q) {
    bytes16 out;
    for (int i = 0; i < 16; i++) out.b[i] = q[i] & 15;
    return out;
}
INLINE bytes16 high_nibbles(const uint8_t *q) {
    bytes16 out;
    for (int i = 0; i < 16; i++) out.b[i] = q[i] >> 4;
    return out;
}

// One block each: `out` gets 32 floats.
INLINE void block_nibbles(float *out, const uint8_t *q, float d, float m) {
    bytes16 low = low_nibbles(q), high = high_nibbles(q);
    scaled_bytes(out, low.b, d, m);
    scaled_bytes(out + 16, high.b, d, m);
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
    uint32_t bits;
    memcpy(&bits, high, 4);
    uint8_t q[32];
    for (int i = 0; i < 16; i++) q[i] = (uint8_t)((low[i] & 15) | ((bits >> i & 1) << 4));
    for (int i = 0; i < 16; i++) q[16 + i] = (uint8_t)((low[i] >> 4) | ((bits >> (i + 16) & 1) << 4));
    scaled_bytes(out, q, d, m);
    scaled_bytes(out + 16, q + 16, d, m);
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
    uint8_t q[32];                                  // signed bytes, moved up by 128
    for (int i = 0; i < 32; i++) q[i] = block[2 + i] ^ 0x80;
    scaled_bytes(out, q, d, -128 * d);
    scaled_bytes(out + 16, q + 16, d, -128 * d);
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
        const uint8_t *restrict q = block + 16 + j / 2 * 32;
        int shift = j % 2 * 4;
        uint8_t small[32];
        for (int i = 0; i < 32; i++) small[i] = q[i] >> shift & 15;
        scaled_bytes(out + j * 32, small, factor, -offset);
        scaled_bytes(out + j * 32 + 16, small + 16, factor, -offset);
    }
}
INLINE void block_q5_K(float *restrict out, const uint8_t *restrict block) {
    float d = half_at(block), least = half_at(block + 2);
    const uint8_t *restrict high = block + 16;
    for (int j = 0; j < 8; j++) {
        int scale, minimum;
        scale_and_minimum(block + 4, j, &scale, &minimum);
        float factor = d * (float)scale, offset = least * (float)minimum;
        const uint8_t *restrict q = block + 48 + j / 2 * 32;
        int shift = j % 2 * 4;
        uint8_t small[32];
        for (int i = 0; i < 32; i++) small[i] = (uint8_t)((q[i] >> shift & 15) | ((high[i] >> j & 1) << 4));
        scaled_bytes(out + j * 32, small, factor, -offset);
        scaled_bytes(out + j * 32 + 16, small + 16, factor, -offset);
    }
}
INLINE void block_q6_K(float *restrict out, const uint8_t *restrict block) {
    float d = half_at(block + 208);
    const int8_t *restrict scales = (const int8_t *)(block + 192);
    for (int n = 0; n < 2; n++)
        for (int quarter = 0; quarter < 4; quarter++) {
            const uint8_t *restrict low = block + n * 64 + quarter % 2 * 32;
            const uint8_t *restrict high = block + 128 + n * 32;
            int shift = quarter / 2 * 4;
            uint8_t small[32];
            for (int i = 0; i < 32; i++)
                small[i] = (uint8_t)((low[i] >> shift & 15) | ((high[i] >> (quarter * 2) & 3) << 4));
            for (int half = 0; half < 2; half++) {
                float factor = d * (float)scales[n * 8 + quarter * 2 + half];
                scaled_bytes(out + n * 128 + quarter * 32 + half * 16, small + half * 16, factor, -32 * factor);
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
        float piece[PIECE];                                                                  \
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
