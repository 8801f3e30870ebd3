// Update rules, one pass over a parameter.

// The C library's root may set errno, which keeps a loop from being vectorised; this one is the instruction.
#define ROOT(x) __builtin_elementwise_sqrt(x)

static void adamw(const void *arguments, long begin, long end) {
    ARGUMENTS;
    float *w_out = p->out, *m_out = p->out2, *v_out = p->out3;
    const float *w = p->a, *m = p->b, *v = p->c, *g = p->d;
    float g_scale = p->f[0], rate = p->f[1], beta1 = p->f[2], beta2 = p->f[3], epsilon = p->f[4], decay = p->f[5];
    float correction1 = p->f[6], root2 = sqrtf(p->f[7]);
    EACH {
        float gradient = g[i] * g_scale;
        float first = beta1 * m[i] + (1 - beta1) * gradient;
        float second = beta2 * v[i] + (1 - beta2) * gradient * gradient;
        m_out[i] = first;
        v_out[i] = second;
        float update = (first / correction1) / (ROOT(second) / root2 + epsilon);
        w_out[i] = w[i] * (1 - rate * decay) - rate * update;
    }
}
// v and the update u = g / sqrt(v), whose root mean square the caller needs before the weight moves.
static void adafactor_moment(const void *arguments, long begin, long end) {
    ARGUMENTS;
    float *v_out = p->out, *update = p->out2;
    const float *v = p->a, *g = p->b;
    float g_scale = p->f[0], decay2 = p->f[1], epsilon = p->f[2];
    EACH {
        float gradient = g[i] * g_scale;
        float second = decay2 * v[i] + (1 - decay2) * (gradient * gradient + epsilon);
        v_out[i] = second;
        update[i] = gradient / ROOT(second);
    }
}
static void adafactor_update(const void *arguments, long begin, long end) {
    ARGUMENTS; float *w_out = p->out; const float *w = p->a, *update = p->b; float keep = p->f[0], rate = p->f[1];
    EACH w_out[i] = keep * w[i] - rate * update[i];
}
