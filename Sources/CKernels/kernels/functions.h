// Functions of one float, written so that a loop over them vectorises; errors are a few units in the last place.
#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE float bits_to_float(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
INLINE uint32_t float_to_bits(float f) { uint32_t bits; memcpy(&bits, &f, 4); return bits; }

// exp(x): 2^n times a polynomial on [-ln2/2, ln2/2]; 0 below -87.3 and infinity above 88.3, where n would not do.
INLINE float fast_exp(float x) {
    float clamped = x < -87.3f ? -87.3f : x;
    clamped = clamped > 88.3f ? 88.3f : clamped;
    float shifted = clamped * 1.44269504f + 12582912.0f;    // rounds to nearest in the low bits
    float n = shifted - 12582912.0f;
    float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    // The low bits of `shifted` are n; read there, NaN needs no conversion to an integer.
    float y = p * bits_to_float((float_to_bits(shifted) + 127) << 23);
    y = x > 88.3f ? INFINITY : y;
    return x < -87.3f ? 0.0f : y;
}

INLINE float fast_sigmoid(float x) { return 1.0f / (1.0f + fast_exp(-x)); }

// Near zero the difference of exponentials would lose all digits, so a short series takes over.
INLINE float fast_tanh(float x) {
    float clamped = x < -9.0f ? -9.0f : (x > 9.0f ? 9.0f : x);
    float e = fast_exp(2.0f * clamped);
    float far = (e - 1.0f) / (e + 1.0f);
    float s = x * x;
    float near = x * (1.0f + s * (-0.333333333f + s * (0.133333333f + s * (-0.0539682540f + s * 0.0218694885f))));
    return (x < 0.15f && x > -0.15f) ? near : far;
}

// A rational approximation on [-4, 4], where float erf saturates.
INLINE float fast_erf(float x) {
    float c = x < -4.0f ? -4.0f : (x > 4.0f ? 4.0f : x);
    float s = c * c;
    float p = -2.72614225801306e-10f;
    p = p * s + 2.77068142495902e-08f;
    p = p * s + -2.10102402082508e-06f;
    p = p * s + -5.69250639462346e-05f;
    p = p * s + -7.34990630326855e-04f;
    p = p * s + -2.95459980854025e-03f;
    p = p * s + -1.60960333262415e-02f;
    float q = -1.45660718464996e-05f;
    q = q * s + -2.13374055278905e-04f;
    q = q * s + -1.68282697438203e-03f;
    q = q * s + -7.37332916720468e-03f;
    q = q * s + -1.42647390514189e-02f;
    return c * p / q;
}

INLINE float relu_f(float x) { return x < 0 ? 0 : x; }    // NaN stays NaN
INLINE float relu_d(float x) { return x > 0 ? 1 : 0; }
INLINE float silu_f(float x) { return x * fast_sigmoid(x); }
INLINE float silu_d(float x) { float s = fast_sigmoid(x); return s * (1.0f + x * (1.0f - s)); }
INLINE float gelu_f(float x) { return 0.5f * x * (1.0f + fast_erf(x * 0.70710678f)); }
INLINE float gelu_d(float x) {
    return 0.5f * (1.0f + fast_erf(x * 0.70710678f)) + x * 0.39894228f * fast_exp(-0.5f * x * x);
}
INLINE float gelu_tanh_f(float x) {
    return 0.5f * x * (1.0f + fast_tanh(0.79788456f * (x + 0.044715f * x * x * x)));
}
INLINE float gelu_tanh_d(float x) {
    float t = fast_tanh(0.79788456f * (x + 0.044715f * x * x * x));
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.79788456f * (1.0f + 0.134145f * x * x);
}
INLINE float tanh_f(float x) { return fast_tanh(x); }
INLINE float tanh_d(float x) { float t = fast_tanh(x); return 1.0f - t * t; }
INLINE float sigmoid_f(float x) { return fast_sigmoid(x); }
INLINE float sigmoid_d(float x) { float s = fast_sigmoid(x); return s * (1.0f - s); }
INLINE float exp_f(float x) { return fast_exp(x); }
INLINE float exp_d(float x) { return fast_exp(x); }
INLINE float log_f(float x) { return logf(x); }
INLINE float log_d(float x) { return 1.0f / x; }
INLINE float square_f(float x) { return x * x; }
INLINE float square_d(float x) { return 2.0f * x; }

// Runs LOOP once a function, with F and DF bound to it: the choice stays outside the loop.
#define FOR_FUNCTION(function, LOOP)                             \
    switch (function) {                                          \
    case CK_RELU: { LOOP(relu_f, relu_d) } break;                \
    case CK_SILU: { LOOP(silu_f, silu_d) } break;                \
    case CK_GELU: { LOOP(gelu_f, gelu_d) } break;                \
    case CK_GELU_TANH: { LOOP(gelu_tanh_f, gelu_tanh_d) } break; \
    case CK_TANH: { LOOP(tanh_f, tanh_d) } break;                \
    case CK_SIGMOID: { LOOP(sigmoid_f, sigmoid_d) } break;       \
    case CK_EXP: { LOOP(exp_f, exp_d) } break;                   \
    case CK_LOG: { LOOP(log_f, log_d) } break;                   \
    case CK_SQUARE: { LOOP(square_f, square_d) } break;          \
    }
