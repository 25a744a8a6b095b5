//! The descendants of a process, also those that left its session and group, and when they end.

use sandlot_agent::proto::signal_process_request::Target;
use sandlot_agent::proto::{
    GetProcessRequest, RemoveProcessRequest, RunEvent, SignalProcessRequest, StartProcessRequest, Stream,
    WriteInputRequest,
};
use tonic::Streaming;

use crate::processes::{bytes_of, named, output, read, wait};
use crate::support::{Agent, Client, Ran, alive, eventually, run, shell};

/// Starts a process with a child that leaves its session, group and parent and prints its number; waits for that.
async fn with_fugitive(client: &mut Client, request: StartProcessRequest) -> i32 {
    let id = request.id.clone();
    client.start_process(request).await.unwrap();
    loop {
        let text = bytes_of(&output(client, read(&id)).await, Stream::Stdout);
        if text.ends_with(b"\n") {
            return String::from_utf8(text).unwrap().trim().parse().unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

const FUGITIVE: &str = "(setsid sh -c '(setsid sh -c \"echo \\$\\$; exec sleep 1000\" &) & exit' &)";

#[tokio::test]
async fn a_process_that_has_ended_is_removed_with_what_it_has_left_behind() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let child = with_fugitive(&mut client, named("left", FUGITIVE)).await;
    wait(&mut client, "left").await;
    assert!(alive(child));
    let signal = SignalProcessRequest {
        id: "left".to_owned(),
        signal: 18,
        target: Target::Descendants.into(),
    };
    client.signal_process(signal.clone()).await.unwrap();
    let remove = RemoveProcessRequest {
        id: "left".to_owned(),
        kill: true,
    };
    client.remove_process(remove).await.unwrap();
    eventually("its orphan is gone", || !alive(child)).await;
}

#[tokio::test]
async fn what_descends_from_a_process_ends_with_it_where_that_is_asked_for() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    for (id, end_descendants) in [("spared", false), ("ended", true)] {
        let request = StartProcessRequest {
            end_descendants,
            ..named(id, &format!("{FUGITIVE}; read line"))
        };
        let request = StartProcessRequest {
            keep_input_open: true,
            ..request
        };
        let child = with_fugitive(&mut client, request).await;
        let end = WriteInputRequest {
            id: id.to_owned(),
            data: "end\n".into(),
            close: true,
        };
        client.write_input(end).await.unwrap();
        wait(&mut client, id).await;
        if end_descendants {
            eventually("its orphan is gone", || !alive(child)).await;
        } else {
            wait_until_cleaned_up(&mut client, id).await;
            assert!(alive(child));
        }
    }
}

/// Waits until the agent has closed the input of an ended process: that is the last it does after an end.
async fn wait_until_cleaned_up(client: &mut Client, id: &str) {
    let known = GetProcessRequest { id: id.to_owned() };
    let waiting = |process: sandlot_agent::proto::Process| process.input_waiting_bytes;
    while waiting(client.get_process(known.clone()).await.unwrap().into_inner()).is_some() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Leave their caller's group, session and parent in the ways that programs know, and print their numbers.
const FUGITIVES: &str = "setsid sh -c 'echo $$; exec sleep 1000' &
    nohup sh -c 'echo $$; exec sleep 1000' 2>/dev/null &
    (setsid sh -c '(setsid sh -c \"echo \\$\\$; exec sleep 1000\" &) & exit' &)
    (env -i setsid sh -c 'echo $$; exec sleep 1000' &)";

async fn fugitives(client: &mut Client, end: &str) -> (Vec<i32>, Streaming<RunEvent>) {
    let mut request = shell(&format!("{FUGITIVES}\n{end}"));
    if end.starts_with("exec") {
        request.timeout_ms = 1_500;
    }
    let mut events = client.run(request).await.unwrap().into_inner();
    let mut ran = Ran::default();
    while ran.text().lines().count() < 4 {
        ran.take(events.message().await.unwrap().unwrap());
    }
    (ran.text().lines().map(|line| line.parse().unwrap()).collect(), events)
}

#[tokio::test]
async fn a_time_limit_ends_what_has_left_the_group() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let bystander = run(&mut client, shell("setsid sleep 1000 >/dev/null 2>&1 & echo $!")).await;
    let (pids, mut events) = fugitives(&mut client, "exec sleep 1000").await;
    assert!(pids.iter().all(|pid| alive(*pid)));
    let mut ended = None;
    while let Some(event) = events.message().await.unwrap() {
        if let sandlot_agent::proto::run_event::Event::Exited(exit) = event.event.unwrap() {
            ended = Some(exit);
        }
    }
    let exit = ended.unwrap();
    assert!(exit.timed_out && exit.signal == 9);
    eventually("all that descends from the call is gone", || {
        pids.iter().all(|pid| !alive(*pid))
    })
    .await;
    // A background process of another call is not affected.
    assert!(alive(bystander.text().trim().parse().unwrap()));
}

#[tokio::test]
async fn a_caller_that_leaves_ends_what_has_left_the_group() {
    let agent = Agent::start();
    let (pids, events) = fugitives(&mut agent.connect().await, "sleep 1000").await;
    drop(events);
    eventually("all that descends from the call is gone", || {
        pids.iter().all(|pid| !alive(*pid))
    })
    .await;
}

#[tokio::test]
async fn a_call_that_ends_leaves_what_it_has_put_into_the_background() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    run(&mut client, shell("true")).await;
    let before = agent.descriptors();
    let (pids, mut events) = fugitives(&mut client, "true").await;
    while events.message().await.unwrap().is_some() {}
    // The two that they write to stay open; the input is closed last.
    eventually("the agent has finished with the call", || {
        agent.descriptors() <= before + 2
    })
    .await;
    assert!(pids.iter().all(|pid| alive(*pid)));
}

#[tokio::test]
async fn a_time_limit_ends_what_forks_without_end() {
    let agent = Agent::start_with(&[("SANDLOT_PIDS_MAX", "60")]);
    let mut client = agent.connect().await;
    // It ends by itself if it is not killed.
    let mut bomb = shell(
        "until=$(($(date +%s) + 20)) code='while ((EPOCHSECONDS < until)); do setsid bash -c \"$code\" & done'
         export until code; (bash -c \"$code\" >/dev/null 2>&1 &); exec sleep 1000",
    );
    bomb.user = "uucp".to_owned();
    bomb.timeout_ms = 1_500;
    assert!(run(&mut client, bomb).await.exit.unwrap().timed_out);
    let any = || {
        std::process::Command::new("pgrep")
            .args(["-u", "uucp"])
            .output()
            .unwrap()
            .status
            .success()
    };
    eventually("none is left", || !any()).await;
}
