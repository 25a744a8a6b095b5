package config

import (
	"gvisor.dev/gvisor/pkg/seccomp"
	"gvisor.dev/gvisor/pkg/seccomp/precompiledseccomp"
	"gvisor.dev/gvisor/pkg/sentry/platform"
)

// SandlotPrograms compiles the filters of a sentry as Sandlot starts it: systrap, the network stack of its own, files
// through directfs, no devices.
func SandlotPrograms() ([]precompiledseccomp.Program, error) {
	systrap, err := platform.Lookup("systrap")
	if err != nil {
		return nil, err
	}
	var programs []precompiledseccomp.Program
	for _, info := range systrap.PrecompiledSeccompInfo() {
		options := Options{Platform: info, HostFilesystem: true}
		var names []string
		for name := range options.Vars() {
			names = append(names, name)
		}
		build := func(values precompiledseccomp.Values) *seccomp.Program {
			allowed, denied := rules(options, values)
			return &seccomp.Program{
				RuleSets: []seccomp.RuleSet{{Rules: denied.Copy()}, {Rules: allowed.Copy(), Action: seccomp.Allow}},
				Options:  SeccompOptions(options),
			}
		}
		program, err := precompiledseccomp.Precompile(options.ConfigKey(), names, build)
		if err != nil {
			return nil, err
		}
		programs = append(programs, program)
	}
	return programs, nil
}
