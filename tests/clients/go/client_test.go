// Package clients asks a server of ours what Go's published clients ask, unmodified and strict: they fail on a missing
// field and on a wrong type. The server is told by DAYTONA_API_URL and DAYTONA_API_KEY.
package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	api "github.com/daytonaio/daytona/libs/api-client-go"
	toolbox "github.com/daytonaio/daytona/libs/toolbox-api-client-go"
)

var (
	background = context.Background()
	control    = controlClient(os.Getenv("DAYTONA_API_KEY"))
	shared     *api.Sandbox
	inside     *toolbox.APIClient
)

// TestMain makes a sandbox that most tests share; each works in files and processes of its own.
func TestMain(m *testing.M) {
	if os.Getenv("DAYTONA_API_URL") == "" || os.Getenv("DAYTONA_API_KEY") == "" {
		fmt.Println(`DAYTONA_API_URL or DAYTONA_API_KEY is not set. Run: eval "$(./dev env)", or ./dev test generations`)
		os.Exit(2)
	}
	request := *api.NewCreateSandbox()
	request.SetName(unique("go"))
	request.SetLabels(map[string]string{"code-toolbox-language": "python", "kept": "by go"})
	request.SetEnv(map[string]string{"COLOUR": "green"})
	created, _, err := control.SandboxAPI.CreateSandbox(background).CreateSandbox(request).Execute()
	if err != nil {
		fmt.Println("no sandbox:", explained(err))
		os.Exit(1)
	}
	shared, inside = created, toolboxClient(created)
	code := m.Run()
	if _, _, err := control.SandboxAPI.DeleteSandbox(background, shared.Id).Execute(); err != nil {
		fmt.Println("not deleted:", explained(err))
		code = 1
	}
	os.Exit(code)
}

func controlClient(key string) *api.APIClient {
	configuration := api.NewConfiguration()
	configuration.Servers = api.ServerConfigurations{{URL: os.Getenv("DAYTONA_API_URL")}}
	configuration.AddDefaultHeader("Authorization", "Bearer "+key)
	return api.NewAPIClient(configuration)
}

func toolboxClient(sandbox *api.Sandbox) *toolbox.APIClient {
	configuration := toolbox.NewConfiguration()
	configuration.Servers = toolbox.ServerConfigurations{{URL: sandbox.ToolboxProxyUrl + "/" + sandbox.Id}}
	configuration.AddDefaultHeader("Authorization", "Bearer "+os.Getenv("DAYTONA_API_KEY"))
	configuration.AddDefaultHeader("X-Daytona-Source", "sdk-go")
	configuration.AddDefaultHeader("X-Daytona-SDK-Version", "v0.190.0")
	return toolbox.NewAPIClient(configuration)
}

func unique(purpose string) string { return fmt.Sprintf("%s-%d", purpose, time.Now().UnixNano()) }

// explained is an error with the body of the answer, which the clients keep apart.
func explained(err error) string {
	if failure, ok := err.(interface{ Body() []byte }); ok {
		return err.Error() + ": " + string(failure.Body())
	}
	return err.Error()
}

// want is what a call gives; the test ends when it failed.
func want[T any](value T, _ *http.Response, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(explained(err))
		}
		return value
	}
}

// done ends the test when a call without a result failed.
func done(_ *http.Response, err error) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if err != nil {
			t.Fatal(explained(err))
		}
	}
}

// refused is the sentence of an answer that must have this status.
func refused(t *testing.T, status int, response *http.Response, err error) string {
	t.Helper()
	if err == nil || response == nil || response.StatusCode != status {
		t.Fatalf("wanted %d: %v, %v", status, response, err)
	}
	var body struct {
		StatusCode int
		Message    string
	}
	failure, ok := err.(interface{ Body() []byte })
	if !ok || json.Unmarshal(failure.Body(), &body) != nil || body.StatusCode != status || body.Message == "" {
		t.Fatalf("no error body: %s", explained(err))
	}
	return body.Message
}

// shell is what a command prints; it must succeed.
func shell(t *testing.T, command string) string {
	t.Helper()
	answer := want(inside.ProcessAPI.ExecuteCommand(background).Request(*toolbox.NewExecuteRequest(command)).Execute())(t)
	if answer.GetExitCode() != 0 {
		t.Fatalf("%s: %s", command, answer.Result)
	}
	return answer.Result
}

func equal[T comparable](t *testing.T, what string, got, wanted T) {
	t.Helper()
	if got != wanted {
		t.Errorf("%s is %v, not %v", what, got, wanted)
	}
}

func contains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%q is not in %q", part, text)
	}
}
