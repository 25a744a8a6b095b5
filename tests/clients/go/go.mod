// The generated clients of the published Go SDK, against a server of ours.
module sandlot.dev/tests/clients/go

go 1.26

require (
	github.com/daytonaio/daytona/libs/api-client-go v0.190.0
	github.com/daytonaio/daytona/libs/toolbox-api-client-go v0.190.0
)
