package clients

import (
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	api "github.com/daytonaio/daytona/libs/api-client-go"
	toolbox "github.com/daytonaio/daytona/libs/toolbox-api-client-go"
)

// eventually waits until it holds; nothing else in these tests sleeps.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

func TestCommands(t *testing.T) {
	request := *toolbox.NewExecuteRequest("pwd; printenv COLOUR PLACE; echo problem >&2; exit 7")
	request.SetCwd("/tmp")
	request.SetEnvs(map[string]string{"PLACE": "here and there"})
	answer := want(inside.ProcessAPI.ExecuteCommand(background).Request(request).Execute())(t)
	equal(t, "exit code", answer.GetExitCode(), 7)
	equal(t, "output", answer.Result, "/tmp\ngreen\nhere and there\nproblem\n")

	slow := *toolbox.NewExecuteRequest("sleep 600")
	slow.SetTimeout(1)
	_, response, err := inside.ProcessAPI.ExecuteCommand(background).Request(slow).Execute()
	refused(t, http.StatusRequestTimeout, response, err)
	_, response, err = inside.ProcessAPI.ExecuteCommand(background).Request(*toolbox.NewExecuteRequest("")).Execute()
	refused(t, http.StatusBadRequest, response, err)
}

func TestCode(t *testing.T) {
	for language, program := range map[string]string{
		"python":     "import sys; print(6 * 7, sys.argv[1:])",
		"javascript": "console.log(6 * 7, process.argv.slice(1))",
	} {
		request := *toolbox.NewCodeRunRequest(program, language)
		request.SetArgv([]string{"two words"})
		answer := want(inside.ProcessAPI.CodeRun(background).Request(request).Execute())(t)
		equal(t, "exit code", answer.GetExitCode(), 0)
		contains(t, answer.GetResult(), "42 [")
		contains(t, answer.GetResult(), "'two words'")
	}
	chart := "import matplotlib.pyplot as plt; plt.bar(['a'], [12.5]); plt.show()"
	answer := want(inside.ProcessAPI.CodeRun(background).Request(*toolbox.NewCodeRunRequest(chart, "python")).Execute())(t)
	charts := answer.GetArtifacts().Charts
	if len(charts) != 1 || charts[0].Elements[0].GetValue() != "12.5" {
		t.Errorf("charts: %+v", charts)
	}
}

func TestSessions(t *testing.T) {
	session := unique("session")
	create := *toolbox.NewCreateSessionRequest(session)
	done(inside.ProcessAPI.CreateSession(background).Request(create).Execute())(t)
	response, err := inside.ProcessAPI.CreateSession(background).Request(create).Execute()
	refused(t, http.StatusConflict, response, err)

	execute := func(command string, async bool) *toolbox.SessionExecuteResponse {
		request := *toolbox.NewSessionExecuteRequest(command)
		request.SetRunAsync(async)
		return want(inside.ProcessAPI.SessionExecuteCommand(background, session).Request(request).Execute())(t)
	}
	execute("cd /tmp && export COLOUR=red", false)
	answer := execute("pwd; echo $COLOUR; echo problem >&2; (exit 4)", false)
	equal(t, "exit code", answer.GetExitCode(), 4)
	equal(t, "stdout", answer.GetStdout(), "/tmp\nred\n")
	equal(t, "stderr", answer.GetStderr(), "problem\n")

	command := execute(`read name; echo "hello $name"`, true).CmdId
	running := want(inside.ProcessAPI.GetSessionCommand(background, session, command).Execute())(t)
	equal(t, "a running command has an exit code", running.HasExitCode(), false)
	input := *toolbox.NewSessionSendInputRequest("you")
	done(inside.ProcessAPI.SendInput(background, session, command).Request(input).Execute())(t)
	eventually(t, "the command ends", func() bool {
		return want(inside.ProcessAPI.GetSessionCommand(background, session, command).Execute())(t).HasExitCode()
	})
	logs := want(inside.ProcessAPI.GetSessionCommandLogs(background, session, command).Execute())(t)
	equal(t, "log", logs.Stdout, "you\nhello you\n")

	found := want(inside.ProcessAPI.GetSession(background, session).Execute())(t)
	equal(t, "commands", len(found.Commands), 3)
	done(inside.ProcessAPI.DeleteSession(background, session).Execute())(t)
	_, response, err = inside.ProcessAPI.GetSession(background, session).Execute()
	refused(t, http.StatusNotFound, response, err)
	want(inside.ProcessAPI.GetEntrypointSession(background).Execute())(t)
}

func TestTerminals(t *testing.T) {
	request := *toolbox.NewPtyCreateRequest()
	request.SetId(unique("terminal"))
	request.SetCols(100)
	request.SetRows(30)
	made := want(inside.ProcessAPI.CreatePtySession(background).Request(request).Execute())(t)
	size := *toolbox.NewPtyResizeRequest(132, 43)
	resized := want(inside.ProcessAPI.ResizePtySession(background, made.SessionId).Request(size).Execute())(t)
	equal(t, "columns", resized.Cols, 132)
	listed := want(inside.ProcessAPI.ListPtySessions(background).Execute())(t)
	if !slices.ContainsFunc(listed.Sessions, func(each toolbox.PtySessionInfo) bool { return each.Id == made.SessionId }) {
		t.Errorf("%s is not listed", made.SessionId)
	}
	want(inside.ProcessAPI.DeletePtySession(background, made.SessionId).Execute())(t)
	_, response, err := inside.ProcessAPI.GetPtySession(background, made.SessionId).Execute()
	refused(t, http.StatusNotFound, response, err)
}

func TestFiles(t *testing.T) {
	local := filepath.Join(t.TempDir(), "local")
	if err := os.WriteFile(local, []byte("# TODO: one\n\x00\xff bytes"), 0o644); err != nil {
		t.Fatal(err)
	}
	source, err := os.Open(local)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	folder, name := unique("files"), "naïve 文件 & 100%.txt"
	want(inside.FileSystemAPI.UploadFile(background).Path(folder + "/" + name).File(source).Execute())(t)
	listed := want(inside.FileSystemAPI.ListFiles(background).Path(folder).Execute())(t)
	if len(listed) != 1 || listed[0].Name != name || listed[0].Size != 20 || listed[0].IsDir {
		t.Fatalf("listed: %+v", listed)
	}
	done(inside.FileSystemAPI.SetFilePermissions(background).Path(folder + "/" + name).Mode("750").Execute())(t)
	done(inside.FileSystemAPI.MoveFile(background).Source(folder + "/" + name).Destination(folder + "/moved").Execute())(t)
	info := want(inside.FileSystemAPI.GetFileInfo(background).Path(folder + "/moved").Execute())(t)
	equal(t, "permissions", info.Permissions, "0750")

	file := want(inside.FileSystemAPI.DownloadFile(background).Path(folder + "/moved").Execute())(t)
	content, _ := io.ReadAll(file)
	file.Close()
	os.Remove(file.Name())
	equal(t, "content", string(content), "# TODO: one\n\x00\xff bytes")

	shell(t, "printf 'a TODO\\n' > "+folder+"/a.py")
	matches := want(inside.FileSystemAPI.FindInFiles(background).Path(folder).Pattern("TODO").Execute())(t)
	if len(matches) != 1 || matches[0].Line != 1 || matches[0].Content != "a TODO" {
		t.Errorf("matches: %+v", matches)
	}
	names := want(inside.FileSystemAPI.SearchFiles(background).Path(folder).Pattern("*.py").Execute())(t)
	equal(t, "files", len(names.Files), 1)
	replace := *toolbox.NewReplaceRequest([]string{folder + "/a.py"}, "DONE", "TODO")
	want(inside.FileSystemAPI.ReplaceInFiles(background).Request(replace).Execute())(t)
	equal(t, "replaced", shell(t, "cat "+folder+"/a.py"), "a DONE\n")

	response, err := inside.FileSystemAPI.DeleteFile(background).Path(folder).Execute()
	refused(t, http.StatusBadRequest, response, err)
	done(inside.FileSystemAPI.DeleteFile(background).Path(folder).Recursive(true).Execute())(t)
	_, response, err = inside.FileSystemAPI.GetFileInfo(background).Path(folder).Execute()
	refused(t, http.StatusNotFound, response, err)
}

func TestGit(t *testing.T) {
	path := unique("repository")
	origin := path + "-origin"
	shell(t, "git init -q --bare -b main "+origin+" && git clone -q "+origin+" "+path+" 2>&1 && echo text > "+path+"/file.txt")
	branches := want(inside.GitAPI.ListBranches(background).Path(path).Execute())(t)
	equal(t, "branches", len(branches.Branches), 0)
	status := want(inside.GitAPI.GetStatus(background).Path(path).Execute())(t)
	if len(status.FileStatus) != 1 || status.FileStatus[0].Worktree != toolbox.STATUS_Untracked {
		t.Fatalf("status: %+v", status)
	}
	done(inside.GitAPI.AddFiles(background).Request(*toolbox.NewGitAddRequest([]string{"."}, path)).Execute())(t)
	commit := *toolbox.NewGitCommitRequest("Ada", "ada@example.org", "First", path)
	made := want(inside.GitAPI.CommitChanges(background).Request(commit).Execute())(t)
	equal(t, "length of the hash", len(made.Hash), 40)
	_, response, err := inside.GitAPI.CommitChanges(background).Request(commit).Execute()
	refused(t, http.StatusConflict, response, err)
	done(inside.GitAPI.PushChanges(background).Request(*toolbox.NewGitRepoRequest(path)).Execute())(t)

	done(inside.GitAPI.CreateBranch(background).Request(*toolbox.NewGitBranchRequest("topic", path)).Execute())(t)
	done(inside.GitAPI.CheckoutBranch(background).Request(*toolbox.NewGitCheckoutRequest("main", path)).Execute())(t)
	done(inside.GitAPI.DeleteBranch(background).Request(*toolbox.NewGitDeleteBranchRequest("topic", path)).Execute())(t)
	branches = want(inside.GitAPI.ListBranches(background).Path(path).Execute())(t)
	equal(t, "branches", len(branches.Branches), 1)
	history := want(inside.GitAPI.GetCommitHistory(background).Path(path).Execute())(t)
	if len(history) != 1 || history[0].Message != "First" || history[0].Hash != made.Hash {
		t.Errorf("history: %+v", history)
	}
	response, err = inside.GitAPI.CheckoutBranch(background).Request(*toolbox.NewGitCheckoutRequest("none", path)).Execute()
	refused(t, http.StatusNotFound, response, err)
	_, response, err = inside.GitAPI.GetStatus(background).Path(unique("none")).Execute()
	refused(t, http.StatusNotFound, response, err)
}

func TestLanguageServers(t *testing.T) {
	shell(t, "mkdir -p go-py && printf 'class Shop:\\n    def price(self):\\n        return 1\\n' > go-py/shop.py")
	server := *toolbox.NewLspServerRequest("python", "go-py")
	document := *toolbox.NewLspDocumentRequest("python", "go-py", "file://go-py/shop.py")
	response, err := inside.LspAPI.DidOpen(background).Request(document).Execute()
	refused(t, http.StatusBadRequest, response, err)
	done(inside.LspAPI.Start(background).Request(server).Execute())(t)
	done(inside.LspAPI.DidOpen(background).Request(document).Execute())(t)
	symbols := want(inside.LspAPI.DocumentSymbols(background).
		LanguageId("python").PathToProject("go-py").Uri("file://go-py/shop.py").Execute())(t)
	if !slices.ContainsFunc(symbols, func(each toolbox.LspSymbol) bool { return each.Name == "Shop" && each.Kind == 5 }) {
		t.Errorf("symbols: %+v", symbols)
	}
	everywhere := want(inside.LspAPI.WorkspaceSymbols(background).
		LanguageId("python").PathToProject("go-py").Query("Shop").Execute())(t)
	equal(t, "name", everywhere[0].Name, "Shop")
	position := *toolbox.NewLspCompletionParams("python", "go-py", *toolbox.NewLspPosition(0, 0), "file://go-py/shop.py")
	want(inside.LspAPI.Completions(background).Request(position).Execute())(t)
	done(inside.LspAPI.DidClose(background).Request(document).Execute())(t)
	done(inside.LspAPI.Stop(background).Request(server).Execute())(t)
}

func TestInterpreterContexts(t *testing.T) {
	request := *toolbox.NewCreateContextRequest()
	request.SetCwd("/tmp")
	made := want(inside.InterpreterAPI.CreateInterpreterContext(background).Request(request).Execute())(t)
	equal(t, "folder", made.Cwd, "/tmp")
	listed := want(inside.InterpreterAPI.ListInterpreterContexts(background).Execute())(t)
	equal(t, "contexts", len(listed.Contexts), 1)
	want(inside.InterpreterAPI.DeleteInterpreterContext(background, made.Id).Execute())(t)
	_, response, err := inside.InterpreterAPI.DeleteInterpreterContext(background, made.Id).Execute()
	refused(t, http.StatusNotFound, response, err)
}

func TestInformation(t *testing.T) {
	equal(t, "home", want(inside.InfoAPI.GetUserHomeDir(background).Execute())(t).GetDir(), "/home/daytona")
	equal(t, "work folder", want(inside.InfoAPI.GetWorkDir(background).Execute())(t).GetDir(), "/home/daytona")
	want(inside.InfoAPI.GetVersion(background).Execute())(t)
	want(inside.PortAPI.GetPorts(background).Execute())(t)
}

func TestComputerUse(t *testing.T) {
	_, response, err := inside.ComputerUseAPI.StartComputerUse(background).Execute()
	refused(t, http.StatusServiceUnavailable, response, err)

	request := *api.NewCreateSandbox()
	request.SetSnapshot("sandlot/desktop")
	own := want(control.SandboxAPI.CreateSandbox(background).CreateSandbox(request).Execute())(t)
	t.Cleanup(func() { control.SandboxAPI.DeleteSandbox(background, own.Id).Execute() })
	desktop := toolboxClient(own).ComputerUseAPI
	before := want(desktop.GetComputerUseStatus(background).Execute())(t)
	equal(t, "status", before.GetStatus(), "inactive")
	started := want(desktop.StartComputerUse(background).Execute())(t)
	xvfb := started.GetStatus()["xvfb"]
	equal(t, "the screen runs", xvfb.GetRunning(), true)
	equal(t, "status", want(desktop.GetComputerUseStatus(background).Execute())(t).GetStatus(), "active")
	display := want(desktop.GetDisplayInfo(background).Execute())(t)
	width := display.Displays[0].GetWidth()
	equal(t, "width", width, 1024)
	move := *toolbox.NewMouseMoveRequest()
	move.SetX(11)
	move.SetY(22)
	moved := want(desktop.MoveMouse(background).Request(move).Execute())(t)
	equal(t, "x", moved.GetX(), 11)
	shot := want(desktop.TakeScreenshot(background).Execute())(t)
	picture, err := base64.StdEncoding.DecodeString(shot.GetScreenshot())
	if err != nil || string(picture[1:4]) != "PNG" {
		t.Errorf("no picture: %v", err)
	}
	want(desktop.StopComputerUse(background).Execute())(t)
}
