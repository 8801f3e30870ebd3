// Softmax of rows, and of the live part of a row of attention scores.
static float largest(const float *a, long n) {
    float lanes[16];   // by hand: a maximum is not reassociated without giving up NaN
    for (long j = 0; j < 16; j++) lanes[j] = -INFINITY;
    long i = 0;
    for (; i + 16 <= n; i += 16)
        for (long j = 0; j < 16; j++) lanes[j] = a[i + j] > lanes[j] ? a[i + j] : lanes[j];
    float best = -INFINITY;
    for (long j = 0; j < 16; j++) best = lanes[j] > best ? lanes[j] : best;
    for (; i < n; i++) best = a[i] > best ? a[i] : best;
    return best;
}
static float exponential_sum(float *restrict out, const float *restrict a, float highest, long n) {
#pragma clang fp reassociate(on)
    float total = 0;
    for (long i = 0; i < n; i++) { float e = fast_exp(a[i] - highest); out[i] = e; total += e; }
    return total;
}
static float softmax(float *scores, long begin, long end, long total) {
    for (long i = 0; i < begin; i++) scores[i] = 0;
    for (long i = end; i < total; i++) scores[i] = 0;
    float highest = largest(scores + begin, end - begin);
    float sum = 0;
    {
#pragma clang fp reassociate(on)
        for (long i = begin; i < end; i++) { float e = fast_exp(scores[i] - highest); scores[i] = e; sum += e; }
    }
    float inverse = 1.0f / sum;
    for (long i = begin; i < end; i++) scores[i] *= inverse;
    return highest + logf(sum);
}
static void exponentials(float *scores, float log_sum, long begin, long end, long total) {
    for (long i = 0; i < begin; i++) scores[i] = 0;
    for (long i = begin; i < end; i++) scores[i] = fast_exp(scores[i] - log_sum);
    for (long i = end; i < total; i++) scores[i] = 0;
}
static void score_gradient(float *restrict ds, const float *restrict p, float delta, float factor, long n) {
    for (long i = 0; i < n; i++) ds[i] = p[i] * (ds[i] - delta) * factor;
}
static void log_softmax(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D;
    EACH {
        const float *a = p->a + i * D; float *y = p->out + i * D;
        float highest = largest(a, D);
        double sum = 0;
        for (long j = 0; j < D; j += 1024) {
            float piece[1024]; long n = D - j < 1024 ? D - j : 1024;
            sum += exponential_sum(piece, a + j, highest, n);
        }
        float log_sum = highest + logf((float)sum);
        for (long j = 0; j < D; j++) y[j] = a[j] - log_sum;
    }
}
static void log_softmax_pullback(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D;
    EACH {
        const float *y = p->a + i * D, *dy = p->b + i * D; float *dx = p->out + i * D;
        float total = (float)sum(dy, D);
        for (long j = 0; j < D; j++) dx[j] = dy[j] - fast_exp(y[j]) * total;
    }
}
