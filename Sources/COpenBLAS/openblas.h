// The one place that names the BLAS headers on Linux; pkg-config says where they are.
#include <cblas.h>
