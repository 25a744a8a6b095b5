package clients

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	api "github.com/daytonaio/daytona/libs/api-client-go"
	toolbox "github.com/daytonaio/daytona/libs/toolbox-api-client-go"
)

func TestASandboxIsMadeAndFound(t *testing.T) {
	equal(t, "state", shared.GetState(), api.SANDBOXSTATE_STARTED)
	byName := want(control.SandboxAPI.GetSandbox(background, shared.Name).Execute())(t)
	equal(t, "id", byName.Id, shared.Id)
	equal(t, "label", byName.Labels["kept"], "by go")

	found := want(control.SandboxAPI.ListSandboxes(background).Labels(`{"kept":"by go"}`).Execute())(t)
	if !slices.ContainsFunc(found.Items, func(each api.SandboxListItem) bool { return each.Id == shared.Id }) {
		t.Errorf("%s is not listed", shared.Id)
	}
}

func TestASandboxKeepsItsFilesOverAStop(t *testing.T) {
	own := want(control.SandboxAPI.CreateSandbox(background).CreateSandbox(*api.NewCreateSandbox()).Execute())(t)
	t.Cleanup(func() { control.SandboxAPI.DeleteSandbox(background, own.Id).Execute() })
	client := toolboxClient(own)
	done(client.FileSystemAPI.CreateFolder(background).Path("kept").Mode("755").Execute())(t)

	want(control.SandboxAPI.StopSandbox(background, own.Id).Execute())(t)
	wait(t, own.Id, api.SANDBOXSTATE_STOPPED)
	_, response, err := client.ProcessAPI.ListSessions(background).Execute()
	contains(t, refused(t, http.StatusConflict, response, err), "start it")

	want(control.SandboxAPI.StartSandbox(background, own.Id).Execute())(t)
	wait(t, own.Id, api.SANDBOXSTATE_STARTED)
	want(client.FileSystemAPI.ListFiles(background).Path("kept").Execute())(t)

	want(control.SandboxAPI.DeleteSandbox(background, own.Id).Execute())(t)
	eventually(t, "it is gone", func() bool {
		_, response, err := control.SandboxAPI.GetSandbox(background, own.Id).Execute()
		return err != nil && response != nil && response.StatusCode == http.StatusNotFound
	})
}

func TestLabelsIntervalsAndPreviews(t *testing.T) {
	labels := api.NewSandboxLabels(map[string]string{"kept": "by go", "stage": "two"})
	changed := want(control.SandboxAPI.ReplaceLabels(background, shared.Id).SandboxLabels(*labels).Execute())(t)
	equal(t, "label", changed.Labels["stage"], "two")
	want(control.SandboxAPI.SetAutostopInterval(background, shared.Id, 7).Execute())(t)
	sandbox := want(control.SandboxAPI.GetSandbox(background, shared.Id).Execute())(t)
	equal(t, "interval", sandbox.GetAutoStopInterval(), 7)

	shell(t, "cd /tmp && echo a page > go.txt && (nohup python3 -m http.server 8123 >/dev/null 2>&1 &)")
	look := *toolbox.NewExecuteRequest("curl -sf localhost:8123/go.txt")
	eventually(t, "the page is served", func() bool {
		return want(inside.ProcessAPI.ExecuteCommand(background).Request(look).Execute())(t).GetExitCode() == 0
	})
	link := want(control.SandboxAPI.GetPortPreviewUrl(background, shared.Id, 8123).Execute())(t)
	signed := want(control.SandboxAPI.GetSignedPortPreviewUrl(background, shared.Id, 8123).Execute())(t)
	equal(t, "page by token", page(t, link.Url, link.Token), "a page\n")
	equal(t, "page by signed URL", page(t, signed.Url, ""), "a page\n")
}

// page is what a preview shows; its host name need not be known to this machine.
func page(t *testing.T, url, token string) string {
	t.Helper()
	host := strings.TrimPrefix(url, "http://")
	_, port, _ := strings.Cut(host, ":")
	request, err := http.NewRequest("GET", "http://127.0.0.1:"+port+"/go.txt", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	if token != "" {
		request.Header.Set("X-Daytona-Preview-Token", token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

func TestSnapshotsAreListed(t *testing.T) {
	listed := want(control.SnapshotsAPI.GetAllSnapshots(background).Execute())(t)
	if !slices.ContainsFunc(listed.Items, func(each api.SnapshotDto) bool { return each.Name == "sandlot/default" }) {
		t.Errorf("the default snapshot is not listed: %v", listed.Items)
	}
}

func TestErrorsOfTheControlPlane(t *testing.T) {
	_, response, err := control.SandboxAPI.GetSandbox(background, unique("nobody")).Execute()
	refused(t, http.StatusNotFound, response, err)
	_, response, err = controlClient("no-such-key").SandboxAPI.ListSandboxes(background).Execute()
	refused(t, http.StatusUnauthorized, response, err)
	twice := *api.NewCreateSandbox()
	twice.SetName(shared.Name)
	_, response, err = control.SandboxAPI.CreateSandbox(background).CreateSandbox(twice).Execute()
	contains(t, refused(t, http.StatusConflict, response, err), shared.Name)
}

func wait(t *testing.T, id string, state api.SandboxState) {
	t.Helper()
	eventually(t, string(state), func() bool {
		return want(control.SandboxAPI.GetSandbox(background, id).Execute())(t).GetState() == state
	})
}
