#include "app/cli.h"

int main(int argc, char** argv) { return weir::run(argc, argv); }
