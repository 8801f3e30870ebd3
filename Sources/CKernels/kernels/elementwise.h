// Kernels over ranges of elements, and of rows with one row laid over them.
#define ARGUMENTS const ck_arguments *p = arguments
#define EACH for (long i = begin; i < end; i++)

static void fill(const void *arguments, long begin, long end) {
    ARGUMENTS; float value = p->f[0];
    EACH p->out[i] = value;
}
static void add(const void *arguments, long begin, long end) {
    ARGUMENTS; float *out = p->out; const float *a = p->a, *b = p->b;
    EACH out[i] = a[i] + b[i];
}
static void subtract(const void *arguments, long begin, long end) {
    ARGUMENTS; float *out = p->out; const float *a = p->a, *b = p->b;
    EACH out[i] = a[i] - b[i];
}
static void multiply(const void *arguments, long begin, long end) {
    ARGUMENTS; float *out = p->out; const float *a = p->a, *b = p->b;
    EACH out[i] = a[i] * b[i];
}
static void scale(const void *arguments, long begin, long end) {
    ARGUMENTS; float *out = p->out; const float *a = p->a; float factor = p->f[0], constant = p->f[1];
    EACH out[i] = a[i] * factor + constant;
}
static void add_row(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D; const float *row = p->b;
    EACH { float *out = p->out + i * D; const float *a = p->a + i * D; for (long j = 0; j < D; j++) out[j] = a[j] + row[j]; }
}
static void multiply_row(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D; const float *row = p->b;
    EACH { float *out = p->out + i * D; const float *a = p->a + i * D; for (long j = 0; j < D; j++) out[j] = a[j] * row[j]; }
}
static void apply(const void *arguments, long begin, long end) {
    ARGUMENTS; float *out = p->out; const float *a = p->a;
#define LOOP(F, DF) EACH out[i] = F(a[i]);
    FOR_FUNCTION(p->function, LOOP)
#undef LOOP
}
static void apply_pullback(const void *arguments, long begin, long end) {
    ARGUMENTS; float *out = p->out; const float *a = p->a, *upstream = p->b;
#define LOOP(F, DF) EACH out[i] = DF(a[i]) * upstream[i];
    FOR_FUNCTION(p->function, LOOP)
#undef LOOP
}
static void gated(const void *arguments, long begin, long end) {
    ARGUMENTS; float *out = p->out; const float *gate = p->a, *up = p->b;
#define LOOP(F, DF) EACH out[i] = F(gate[i]) * up[i];
    FOR_FUNCTION(p->function, LOOP)
#undef LOOP
}
static void gated_pullback(const void *arguments, long begin, long end) {
    ARGUMENTS;
    float *dgate = p->out, *dup = p->out2;
    const float *gate = p->a, *up = p->b, *upstream = p->c;
#define LOOP(F, DF) EACH { float u = upstream[i], g = gate[i]; dgate[i] = u * up[i] * DF(g); dup[i] = u * F(g); }
    FOR_FUNCTION(p->function, LOOP)
#undef LOOP
}

// Elements in fours; begin and end count fours, n = p->N elements in all.
static void dropout(const void *arguments, long begin, long end) {
    ARGUMENTS;
    uint32_t limit = (uint32_t)((double)p->f[0] * 4294967296.0);
    float kept = 1.0f / (1.0f - p->f[0]);
    for (long block = begin; block < end; block++) {
        uint32_t random[4];
        ck_philox(random, p->u[0] ^ (p->u[2] * 0x9E3779B97F4A7C15u), (uint64_t)block, p->u[1]);
        for (long j = 0; j < 4 && block * 4 + j < p->N; j++) {
            long i = block * 4 + j;
            p->out[i] = random[j] < limit ? 0.0f : p->a[i] * kept;
        }
    }
}

// y and x are (N, heads*W); cosines and sines (N, pairs). Coordinates past the pairs stay as they are.
static void rotary(const void *arguments, long begin, long end) {
    ARGUMENTS;
    long heads = p->D, W = p->D2, pairs = p->D3, half = W / 2;
    float sign = p->f[0];
    EACH {
        const float *restrict cosines = p->b + i * pairs, *restrict sines = p->c + i * pairs;
        for (long h = 0; h < heads; h++) {
            const float *restrict x = p->a + (i * heads + h) * W;
            float *restrict y = p->out + (i * heads + h) * W;
            for (long j = 0; j < pairs; j++) {
                float first = x[j], second = x[j + half], sine = sines[j] * sign;
                y[j] = first * cosines[j] - second * sine;
                y[j + half] = second * cosines[j] + first * sine;
            }
            for (long j = pairs; j < half; j++) { y[j] = x[j]; y[j + half] = x[j + half]; }
        }
    }
}

// Columns [begin, end) of out (rows, D): every row of a in order, so the sum's order is fixed.
static void scatter_add(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D;
    for (long n = 0; n < p->N; n++) {
        int32_t row = p->index[n];
        if (row < 0) continue;
        float *out = p->out + row * D;
        const float *a = p->a + n * D;
        EACH out[i] += a[i];
    }
}
