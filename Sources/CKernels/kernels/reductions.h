// Sums. Within a piece the compiler may add in vector lanes; pieces are added in order and in double precision.
static float dot(const float *a, const float *b, long n) {
#pragma clang fp reassociate(on) contract(fast)
    float total = 0;
    for (long i = 0; i < n; i++) total += a[i] * b[i];
    return total;
}
static void axpy(float *restrict y, float a, const float *restrict x, long n) {
    for (long i = 0; i < n; i++) y[i] += a * x[i];
}
static float sum_piece(const float *a, long n) {
#pragma clang fp reassociate(on)
    float total = 0;
    for (long i = 0; i < n; i++) total += a[i];
    return total;
}
static double sum(const float *a, long n) {
    double total = 0;
    for (long i = 0; i < n; i += 256) total += sum_piece(a + i, n - i < 256 ? n - i : 256);
    return total;
}
static double sum_of_squares(const float *a, long n) {
    double total = 0;
    for (long i = 0; i < n; i += 256) total += dot(a + i, a + i, n - i < 256 ? n - i : 256);
    return total;
}
// Columns [begin, end) of (N, D), summed over rows.
static void sum_rows(const void *arguments, long begin, long end) {
    ARGUMENTS; float *out = p->out; long D = p->D;
    EACH out[i] = 0;
    for (long n = 0; n < p->N; n++) { const float *a = p->a + n * D; EACH out[i] += a[i]; }
}
