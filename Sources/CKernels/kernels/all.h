// Every vector kernel, compiled once an instruction set: the includer sets CK_TABLE and CK_NAME and the target.
// Loops are plain C that the compiler vectorises; sums may be reassociated where a pragma says so.
#include "../internal.h"
#include "functions.h"
#include "elementwise.h"
#include "reductions.h"
#include "norms.h"
#include "softmax.h"
#include "stored.h"
#include "optimizers.h"

const ck_table CK_TABLE = {
    .name = CK_NAME,
    .fill = fill, .add = add, .subtract = subtract, .multiply = multiply, .scale = scale, .add_row = add_row,
    .multiply_row = multiply_row, .apply = apply, .apply_pullback = apply_pullback, .gated = gated,
    .gated_pullback = gated_pullback, .dropout = dropout, .sum_rows = sum_rows, .rms_norm = rms_norm,
    .rms_norm_pullback = rms_norm_pullback, .rms_norm_weight = rms_norm_weight, .layer_norm = layer_norm,
    .layer_norm_pullback = layer_norm_pullback, .layer_norm_weight = layer_norm_weight, .rotary = rotary,
    .log_softmax = log_softmax, .log_softmax_pullback = log_softmax_pullback, .adamw = adamw,
    .adafactor_moment = adafactor_moment, .adafactor_update = adafactor_update, .scatter_add = scatter_add,
    .sum = sum, .sum_of_squares = sum_of_squares, .dot = dot, .axpy = axpy, .softmax = softmax,
    .exponentials = exponentials, .score_gradient = score_gradient,
    .expand = {expand_f32, expand_f16, expand_bf16, expand_q4_0, expand_q4_1, expand_q5_0, expand_q5_1,
               expand_q8_0, expand_q4_K, expand_q5_K, expand_q6_K},
    .row_dot = {row_dot_f32, row_dot_f16, row_dot_bf16, row_dot_q4_0, row_dot_q4_1, row_dot_q5_0, row_dot_q5_1,
                row_dot_q8_0, row_dot_q4_K, row_dot_q5_K, row_dot_q6_K},
};
