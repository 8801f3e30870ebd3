// The kernels for any processor of the architecture (on 64-bit Arm that includes NEON).
#if defined(__aarch64__)
#define CK_NAME "neon"
#else
#define CK_NAME "plain"
#endif
#define CK_WIDTH 1
#define CK_TABLE ck_table_plain
#include "kernels/all.h"
