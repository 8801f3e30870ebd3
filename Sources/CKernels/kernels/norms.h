// Root-mean-square norm and layer norm, a row at a time.
static void rms_norm(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D; const float *w = p->b; float epsilon = p->f[0], offset = p->f[1];
    EACH {
        const float *x = p->a + i * D; float *y = p->out + i * D;
        float inverse = 1.0f / sqrtf((float)(dot(x, x, D) / D) + epsilon);
        for (long j = 0; j < D; j++) y[j] = x[j] * inverse * (w[j] + offset);
    }
}
// With r = 1/rms: dx = r * (dy*w - x * r^2/D * sum(dy*w*x)). inverse (N,) is kept for the weight's gradient.
static void rms_norm_pullback(const void *arguments, long begin, long end) {
#pragma clang fp reassociate(on) contract(fast)
    ARGUMENTS; long D = p->D; const float *w = p->b; float epsilon = p->f[0], offset = p->f[1];
    EACH {
        const float *x = p->a + i * D, *dy = p->c + i * D; float *dx = p->out + i * D;
        float inverse = 1.0f / sqrtf(dot(x, x, D) / D + epsilon);
        p->out2[i] = inverse;
        float along = 0;
        for (long j = 0; j < D; j++) along += dy[j] * (w[j] + offset) * x[j];
        float back = along * inverse * inverse / D;
        for (long j = 0; j < D; j++) dx[j] = inverse * (dy[j] * (w[j] + offset) - x[j] * back);
    }
}
// Columns [begin, end): dw = sum over rows of dy * x * inverse.
static void rms_norm_weight(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D; float *dw = p->out;
    EACH dw[i] = 0;
    for (long n = 0; n < p->N; n++) {
        const float *x = p->a + n * D, *dy = p->c + n * D; float inverse = p->b[n];
        EACH dw[i] += dy[i] * x[i] * inverse;
    }
}
static float centred_squares(const float *x, float mean, long D) {
#pragma clang fp reassociate(on) contract(fast)
    float total = 0;
    for (long j = 0; j < D; j++) total += (x[j] - mean) * (x[j] - mean);
    return total;
}
static void layer_norm(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D; const float *w = p->b, *bias = p->c; float epsilon = p->f[0];
    EACH {
        const float *x = p->a + i * D; float *y = p->out + i * D;
        float mean = sum_piece(x, D) / D;
        float inverse = 1.0f / sqrtf(centred_squares(x, mean, D) / D + epsilon);
        for (long j = 0; j < D; j++) y[j] = (x[j] - mean) * inverse * w[j] + bias[j];
    }
}
// With h = (x - mean) * r: dx = r * (g - mean(g) - h * mean(g*h)), g = dy*w.
static void layer_norm_pullback(const void *arguments, long begin, long end) {
#pragma clang fp reassociate(on) contract(fast)
    ARGUMENTS; long D = p->D; const float *w = p->b; float epsilon = p->f[0];
    EACH {
        const float *x = p->a + i * D, *dy = p->c + i * D; float *dx = p->out + i * D;
        float mean = sum_piece(x, D) / D;
        float inverse = 1.0f / sqrtf(centred_squares(x, mean, D) / D + epsilon);
        p->out2[i] = inverse;
        p->out3[i] = mean;
        float total = 0, along = 0;
        for (long j = 0; j < D; j++) { float g = dy[j] * w[j]; total += g; along += g * (x[j] - mean) * inverse; }
        total /= D; along /= D;
        for (long j = 0; j < D; j++)
            dx[j] = inverse * (dy[j] * w[j] - total - (x[j] - mean) * inverse * along);
    }
}
static void layer_norm_weight(const void *arguments, long begin, long end) {
    ARGUMENTS; long D = p->D; float *dw = p->out, *db = p->out2;
    EACH { dw[i] = 0; db[i] = 0; }
    for (long n = 0; n < p->N; n++) {
        const float *x = p->a + n * D, *dy = p->c + n * D; float inverse = p->b[n], mean = p->d[n];
        EACH { dw[i] += dy[i] * (x[i] - mean) * inverse; db[i] += dy[i]; }
    }
}
