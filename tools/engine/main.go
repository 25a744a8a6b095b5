// Prints Go code that registers the compiled filters of the sentry or the gofer, whose folder set-up puts in
// FOLDER's place. gVisor's own releases hold such code; a build through the
// Go module proxy does not, and compiles the filters at every start (docs/adr/0012).
package main

import (
	"fmt"
	"os"

	"gvisor.dev/gvisor/FOLDER/config"
)

func main() {
	programs, err := config.SandlotPrograms()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, program := range programs {
		fmt.Print(program.Registration("\t", "precompiledseccomp", "programs"))
	}
}
