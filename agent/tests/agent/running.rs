use sandlot_agent::proto::run_event::Event;
use sandlot_agent::proto::{GetMetricsRequest, HelloRequest, RunEvent, StartProcessRequest, WriteInputRequest};
use tonic::Streaming;

use crate::processes::named;
use crate::support::{Agent, Ran, alive, eventually, finish, map, run, shell};

#[tokio::test]
async fn output_comes_in_order_with_both_streams_apart() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let ran = run(
        &mut client,
        shell("for i in 1 2 3; do echo out$i; echo err$i >&2; done; exit 7"),
    )
    .await;
    assert_eq!(ran.stdout, b"out1\nout2\nout3\n");
    assert_eq!(ran.stderr, b"err1\nerr2\nerr3\n");
    assert_eq!((ran.code(), ran.exit.unwrap().signal), (7, 0));
}

#[tokio::test]
async fn merged_output_keeps_the_order_of_both_streams() {
    let agent = Agent::start();
    let mut request = shell("echo 1; echo 2 >&2; echo 3");
    request.merge_output = true;
    let ran = run(&mut agent.connect().await, request).await;
    assert_eq!((ran.text().as_str(), ran.stderr.len()), ("1\n2\n3\n", 0));
}

#[tokio::test]
async fn a_signal_is_not_an_exit_code() {
    let agent = Agent::start();
    let exit = run(&mut agent.connect().await, shell("kill -SEGV $$"))
        .await
        .exit
        .unwrap();
    assert_eq!((exit.code, exit.signal, exit.timed_out), (-1, 11, false));
    assert!(exit.ended_at_ms > 1_600_000_000_000);
}

#[tokio::test]
async fn input_reaches_the_process_and_ends() {
    let agent = Agent::start();
    let input: Vec<u8> = (0..3_000_000_u32).map(|index| (index % 251) as u8).collect();
    let request = StartProcessRequest {
        command: vec!["cat".to_owned()],
        input: input.clone().into(),
        ..Default::default()
    };
    let ran = run(&mut agent.connect().await, request).await;
    assert!(ran.stdout == input);
    assert_eq!(ran.code(), 0);
}

#[tokio::test]
async fn a_script_on_standard_input_runs_as_a_shell_would() {
    let agent = Agent::start();
    let request = StartProcessRequest {
        command: vec!["bash".to_owned()],
        input: "cat <<X\nhere\nX\ncat\nrest".into(),
        environment: map(&[("LC_ALL", "C")]),
        ..Default::default()
    };
    assert_eq!(run(&mut agent.connect().await, request).await.text(), "here\nrest");
}

#[tokio::test]
async fn input_may_come_on_another_descriptor_and_leave_standard_input_empty() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    for (number, merge_output) in [(3, true), (4, false), (5, true), (9, true), (255, false)] {
        let script = format!("readlink /proc/self/fd/0; cat; cat <&{number}; ls /proc/self/fd | wc -l");
        let request = StartProcessRequest {
            command: vec!["bash".to_owned(), "-c".to_owned(), script],
            input: "given".into(),
            input_descriptor: number,
            merge_output,
            ..Default::default()
        };
        // The three, the input, and the one that `ls` lists with.
        assert_eq!(
            run(&mut client, request).await.text(),
            "/dev/null\ngiven5\n",
            "{number}"
        );
    }
}

#[tokio::test]
async fn a_process_without_input_has_no_pipe_on_standard_input() {
    let agent = Agent::start();
    let ran = run(
        &mut agent.connect().await,
        shell("readlink /proc/self/fd/0; cat; test -r /dev/stdin; echo $?"),
    )
    .await;
    assert_eq!(ran.text(), "/dev/null\n0\n");
}

#[tokio::test]
async fn a_failed_start_has_the_systems_error() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let missing = StartProcessRequest {
        command: vec!["no-such-program".to_owned()],
        ..Default::default()
    };
    let ran = run(&mut client, missing.clone()).await;
    assert_eq!(ran.start_failed.unwrap(), "no-such-program: No such file or directory");
    let refused = client.start_process(missing).await.unwrap_err();
    assert_eq!(
        (refused.code(), crate::support::errno(&refused)),
        (tonic::Code::NotFound, "ENOENT")
    );

    let mut nowhere = shell("true");
    nowhere.working_directory = "/no/such/place".to_owned();
    let ran = run(&mut client, nowhere).await;
    assert_eq!(ran.start_failed.unwrap(), "/no/such/place: No such file or directory");

    let mut forbidden = shell("true");
    forbidden.command = vec!["/etc/passwd".to_owned()];
    assert!(
        run(&mut client, forbidden)
            .await
            .start_failed
            .unwrap()
            .ends_with("Permission denied")
    );
}

#[tokio::test]
async fn a_time_limit_kills_the_whole_group() {
    let agent = Agent::start();
    let mut request = shell("sleep 1000 & echo $!; sleep 1000");
    request.timeout_ms = 200;
    let ran = run(&mut agent.connect().await, request).await;
    let exit = ran.exit.as_ref().unwrap();
    assert!(exit.timed_out && exit.signal == 9 && exit.code == -1);
    let background: i32 = ran.text().trim().parse().unwrap();
    eventually("the background child is killed too", || !alive(background)).await;
}

#[tokio::test]
async fn a_background_child_that_holds_the_pipe_does_not_hold_the_call() {
    let agent = Agent::start();
    let ran = run(&mut agent.connect().await, shell("sleep 1000 & echo $!")).await;
    assert_eq!(ran.code(), 0);
    assert!(alive(ran.text().trim().parse().unwrap()));
}

#[tokio::test]
async fn a_background_child_that_never_stops_writing_does_not_hold_the_call() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let request = StartProcessRequest {
        keep_input_open: true,
        ..named("flood", "cat /dev/zero & read line; exit 3")
    };
    let mut events = client.run(request).await.unwrap().into_inner();
    let mut ran = Ran::default();
    while ran.stdout.is_empty() {
        ran.take(events.message().await.unwrap().unwrap());
    }
    let line = WriteInputRequest {
        id: "flood".to_owned(),
        data: "now\n".into(),
        close: true,
    };
    // Its answer comes while the flood is read.
    let (written, rest) = tokio::join!(client.write_input(line), exit_of(events));
    written.unwrap();
    assert_eq!(rest.code, 3);
}

/// Reads the events to their end and drops the output.
async fn exit_of(mut events: Streaming<RunEvent>) -> sandlot_agent::proto::Exit {
    let mut exit = None;
    while let Some(event) = events.message().await.unwrap() {
        if let Event::Exited(found) = event.event.unwrap() {
            exit = Some(found);
        }
    }
    exit.unwrap()
}

#[tokio::test]
async fn a_background_child_goes_on_writing_after_the_call_has_ended() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let written = agent.path("written");
    // More than a pipe holds on each stream: if nothing read it, the child would stop.
    let loud = format!(
        "(while [ ! -e {written}.go ]; do sleep 0.02; done
          for i in 1 2 3 4 5; do head -c 50000 /dev/zero; head -c 50000 /dev/zero >&2; done
          echo more && echo more >&2 && echo all > {written}; exec sleep 1000) & echo $!"
    );
    for merge_output in [false, true] {
        let mut request = shell(&loud);
        request.merge_output = merge_output;
        let ran = run(&mut client, request).await;
        let child: i32 = ran.text().trim().parse().unwrap();
        std::fs::write(format!("{written}.go"), "").unwrap();
        eventually("all is written", || std::path::Path::new(&written).exists()).await;
        assert!(alive(child));
        std::fs::remove_file(&written).unwrap();
        std::fs::remove_file(format!("{written}.go")).unwrap();
    }
}

#[tokio::test]
async fn pipes_of_ended_background_children_are_closed() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    run(&mut client, shell("true")).await;
    let before = agent.descriptors();
    for _ in 0..10 {
        run(&mut client, shell("sleep 1 & echo")).await;
    }
    eventually("no pipe stays open", || agent.descriptors() <= before).await;
}

/// Starts a script and waits for the number that it prints first.
async fn begin(agent: &Agent, script: &str) -> (i32, Streaming<RunEvent>) {
    let mut client = agent.connect().await;
    let mut events = client.run(shell(script)).await.unwrap().into_inner();
    let mut ran = Ran::default();
    while ran.stdout.is_empty() {
        ran.take(events.message().await.unwrap().unwrap());
    }
    (ran.text().trim().parse().unwrap(), events)
}

#[tokio::test]
async fn a_caller_that_leaves_kills_the_group() {
    let agent = Agent::start();
    let (background, events) = begin(&agent, "sleep 1000 & echo $!; sleep 1000").await;
    drop(events);
    eventually("the background child is killed", || !alive(background)).await;
}

#[tokio::test]
async fn a_caller_that_leaves_kills_what_has_closed_its_output() {
    let agent = Agent::start();
    run(&mut agent.connect().await, shell("true")).await;
    let before = agent.descriptors();
    let (process, events) = begin(&agent, "echo $$; exec >/dev/null 2>&1; exec sleep 1000").await;
    eventually("the agent has seen the ends of both pipes", || {
        agent.descriptors() <= before
    })
    .await;
    assert!(alive(process));
    drop(events);
    eventually("the process is killed", || !alive(process)).await;
}

#[tokio::test]
async fn a_slow_reader_puts_backpressure_on_a_flood_instead_of_filling_the_memory() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let mut events = client
        .run(shell("head -c 300000000 /dev/zero"))
        .await
        .unwrap()
        .into_inner();
    let (mut bytes, mut pieces) = (0, 0_usize);
    while let Some(event) = events.message().await.unwrap() {
        match event.event.unwrap() {
            Event::Started(_) => {}
            Event::Output(chunk) => bytes += chunk.data.len(),
            Event::Exited(exit) => assert_eq!(exit.code, 0),
            Event::StartFailed(message) => panic!("{message}"),
        }
        pieces += 1;
        // Other calls in between make this reader slower than the writer, and are answered.
        if pieces.is_multiple_of(50) {
            let metrics = client.get_metrics(GetMetricsRequest::default()).await.unwrap();
            let memory = metrics.into_inner().agent_memory_bytes;
            // A debug build with its buffers: what matters is that it is far below 300 MB.
            assert!(memory < 40_000_000, "{memory} bytes");
        }
    }
    assert_eq!(bytes, 300_000_000);
}

#[tokio::test]
async fn output_in_the_pipe_is_not_lost_to_a_caller_that_reads_after_the_end() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    // Fits into the buffers on the way, so that the process ends before anything is read.
    let request = named("early", "head -c 200000 /dev/zero; echo end");
    let mut events = client.run(request).await.unwrap().into_inner();
    let Some(Event::Started(process)) = events.message().await.unwrap().unwrap().event else {
        panic!("a process that starts says so first")
    };
    eventually("the process ends", || !alive(process.pid)).await;
    assert_eq!(finish(events).await.stdout.len(), 200_004);
}

#[tokio::test]
async fn processes_start_with_default_signals_no_descriptors_and_a_known_umask() {
    let agent = Agent::start();
    // Signals 1 to 28: what the C library does to its own signals above them is no matter of ours.
    let script = "ls /proc/self/fd | wc -l; umask
        cat /proc/self/status | grep -E '^Sig(Ign|Blk|Cgt)' | grep -o '.......$'";
    let ran = run(&mut agent.connect().await, shell(script)).await;
    // `ls` itself holds its three and the directory it reads.
    assert_eq!(ran.text(), "4\n0022\n0000000\n0000000\n0000000\n");
}

#[tokio::test]
async fn a_process_runs_as_the_user_it_names_and_can_reopen_its_output() {
    let agent = Agent::start();
    let mut request = shell("id -u; id -g; echo $HOME; echo again > /dev/stdout; cat /etc/shadow");
    request.user = "daemon".to_owned();
    let ran = run(&mut agent.connect().await, request).await;
    assert_eq!(ran.text(), "1\n1\n/usr/sbin\nagain\n");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("Permission denied"));
}

#[tokio::test]
async fn a_fork_bomb_reaches_its_limit_and_the_agent_still_answers() {
    let agent = Agent::start_with(&[("SANDLOT_PIDS_MAX", "40")]);
    let mut client = agent.connect().await;
    let mut bomb = shell("i=0; while [ $i -lt 200 ]; do sleep 3 & i=$((i+1)); done");
    bomb.user = "games".to_owned();
    let ran = run(&mut client, bomb).await;
    assert!(String::from_utf8_lossy(&ran.stderr).contains("fork"), "{ran:?}");
    client.hello(HelloRequest::default()).await.unwrap();
    assert_eq!(run(&mut client, shell("echo still")).await.text(), "still\n");
}

#[tokio::test]
async fn many_runs_at_once_all_get_their_own_status() {
    let agent = Agent::start();
    let client = agent.connect().await;
    let runs: Vec<_> = (0..60)
        .map(|number| {
            let mut client = client.clone();
            tokio::spawn(async move { run(&mut client, shell(&format!("echo {number}; exit {number}"))).await })
        })
        .collect();
    for (number, ran) in runs.into_iter().enumerate() {
        let ran = ran.await.unwrap();
        assert_eq!((ran.text(), ran.code()), (format!("{number}\n"), number as i32));
    }
}

#[tokio::test]
async fn orphans_are_reaped() {
    let agent = Agent::start();
    let script = format!(
        "mkfifo {fifo}; exec 3<>{fifo}
         for i in 1 2 3 4 5; do (sh -c 'echo $$; echo done >&3' &); done
         for i in 1 2 3 4 5; do read line <&3; done",
        fifo = agent.path("fifo")
    );
    let ran = run(&mut agent.connect().await, shell(&script)).await;
    for pid in ran.text().lines() {
        let pid = pid.parse().unwrap();
        eventually("an orphan is taken out of the process table", || !alive(pid)).await;
    }
    assert_eq!(ran.text().lines().count(), 5);
}

/// By the field that breaks its limit.
fn requests_that_break_a_limit() -> [(&'static str, StartProcessRequest); 9] {
    let large = || shell(&"x".repeat(1_048_576));
    [
        ("command", StartProcessRequest::default()),
        ("command", large()),
        (
            "id",
            StartProcessRequest {
                id: "a b".to_owned(),
                ..shell("true")
            },
        ),
        (
            "input",
            StartProcessRequest {
                input: vec![0; 4_194_305].into(),
                ..shell("true")
            },
        ),
        (
            "input_descriptor",
            StartProcessRequest {
                input_descriptor: 2,
                ..shell("true")
            },
        ),
        (
            "environment",
            StartProcessRequest {
                environment: map(&[("A-B", "")]),
                ..shell("true")
            },
        ),
        (
            "labels",
            StartProcessRequest {
                labels: map(&[("", "x")]),
                ..shell("true")
            },
        ),
        (
            "log_limit_bytes",
            StartProcessRequest {
                log_limit_bytes: 1 << 31,
                ..shell("true")
            },
        ),
        (
            "terminal",
            StartProcessRequest {
                terminal: Some(sandlot_agent::proto::Terminal { columns: 0, rows: 1 }),
                ..shell("true")
            },
        ),
    ]
}

#[tokio::test]
async fn requests_that_break_a_limit_are_refused_by_field() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    for (field, request) in requests_that_break_a_limit() {
        let refused = client.run(request.clone()).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
        assert!(refused.message().starts_with(field), "{refused}");
        assert_eq!(
            client.start_process(request).await.unwrap_err().message(),
            refused.message()
        );
    }
}

#[tokio::test]
async fn many_small_writes_come_in_few_pieces_and_whole() {
    const LINES: usize = 3_000;
    let agent = Agent::start();
    let script = format!("for i in {{1..{LINES}}}; do echo $i; done");
    let request = StartProcessRequest {
        command: ["bash", "-c", &script].map(str::to_owned).to_vec(),
        ..Default::default()
    };
    let mut events = agent.connect().await.run(request).await.unwrap().into_inner();
    let (mut ran, mut pieces) = (Ran::default(), 0);
    while let Some(event) = events.message().await.unwrap() {
        pieces += 1;
        ran.take(event);
    }
    let wanted: String = (1..=LINES).map(|line| format!("{line}\n")).collect();
    assert_eq!(ran.text(), wanted);
    assert!(pieces < LINES / 4, "{pieces} pieces");
}
