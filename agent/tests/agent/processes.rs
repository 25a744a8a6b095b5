use sandlot_agent::proto::signal_process_request::Target;
use sandlot_agent::proto::{
    GetProcessRequest, LabelProcessRequest, ListProcessesRequest, OutputChunk, ReadOutputRequest, RemoveProcessRequest,
    SignalProcessRequest, StartProcessRequest, Stream, WaitProcessRequest, WriteInputRequest,
};
use tonic::Code;

use crate::support::{Agent, Client, alive, errno, eventually, map, shell};

pub fn named(id: &str, script: &str) -> StartProcessRequest {
    StartProcessRequest {
        id: id.to_owned(),
        ..shell(script)
    }
}

pub async fn output(client: &mut Client, request: ReadOutputRequest) -> Vec<OutputChunk> {
    let mut stream = client.read_output(request).await.unwrap().into_inner();
    let mut chunks = Vec::new();
    while let Some(chunk) = stream.message().await.unwrap() {
        chunks.push(chunk);
    }
    chunks
}

pub fn bytes_of(chunks: &[OutputChunk], stream: Stream) -> Vec<u8> {
    let of_stream = chunks.iter().filter(|chunk| chunk.stream() == stream);
    of_stream.flat_map(|chunk| chunk.data.to_vec()).collect()
}

pub fn read(id: &str) -> ReadOutputRequest {
    ReadOutputRequest {
        id: id.to_owned(),
        ..Default::default()
    }
}

pub async fn wait(client: &mut Client, id: &str) -> sandlot_agent::proto::Process {
    let id = id.to_owned();
    client
        .wait_process(WaitProcessRequest { id, timeout_ms: 5_000 })
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn a_started_process_is_found_by_id_and_labels_and_keeps_its_status() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let mut request = named("one", "echo out; echo err >&2; exit 5");
    request.labels = map(&[("kind", "session"), ("owner", "x")]);
    let started = client.start_process(request.clone()).await.unwrap().into_inner();
    assert!(started.pid > 0 && started.id == "one");
    assert_eq!(
        client.start_process(request).await.unwrap_err().code(),
        Code::AlreadyExists
    );
    client.start_process(named("other", "true")).await.unwrap();

    let ended = wait(&mut client, "one").await;
    assert_eq!((ended.running, ended.exit.unwrap().code), (false, 5));
    let labels = map(&[("kind", "session")]);
    let list = ListProcessesRequest {
        labels,
        running_only: false,
    };
    let listed = client.list_processes(list).await.unwrap().into_inner().processes;
    assert_eq!(
        listed.iter().map(|process| process.id.as_str()).collect::<Vec<_>>(),
        ["one"]
    );

    let chunks = output(
        &mut client,
        ReadOutputRequest {
            follow: true,
            ..read("one")
        },
    )
    .await;
    assert_eq!(bytes_of(&chunks, Stream::Stdout), b"out\n");
    assert_eq!(bytes_of(&chunks, Stream::Stderr), b"err\n");
    let known = client
        .get_process(GetProcessRequest { id: "one".to_owned() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!((known.stdout_bytes, known.stderr_bytes), (4, 4));
}

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let refused = client
        .get_process(GetProcessRequest { id: "none".to_owned() })
        .await
        .unwrap_err();
    assert_eq!((refused.code(), errno(&refused)), (Code::NotFound, "ESRCH"));
    assert_eq!(
        client.read_output(read("none")).await.unwrap_err().code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn a_wait_ends_at_its_time() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    client.start_process(named("long", "sleep 1000")).await.unwrap();
    let request = WaitProcessRequest {
        id: "long".to_owned(),
        timeout_ms: 50,
    };
    assert_eq!(
        client.wait_process(request).await.unwrap_err().code(),
        Code::DeadlineExceeded
    );
}

#[tokio::test]
async fn only_the_newest_output_is_kept_and_offsets_stay_true() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let mut request = named(
        "flood",
        "i=0; while [ $i -lt 20000 ]; do printf '%09d\\n' $i; i=$((i+1)); done",
    );
    request.log_limit_bytes = 100_000;
    client.start_process(request).await.unwrap();
    let chunks = output(
        &mut client,
        ReadOutputRequest {
            follow: true,
            ..read("flood")
        },
    )
    .await;
    let mut at = None;
    for chunk in &chunks {
        assert!(at.is_none_or(|at| chunk.offset >= at), "offsets never go back");
        at = Some(chunk.offset + chunk.data.len() as u64);
        let line = chunk.offset.div_ceil(10) * 10 - chunk.offset;
        let line = &chunk.data[line as usize..][..9.min(chunk.data.len())];
        let number: u64 = std::str::from_utf8(line).unwrap().parse().unwrap();
        assert_eq!(number, chunk.offset.div_ceil(10), "the bytes are those of the offset");
    }
    assert_eq!(at, Some(200_000));

    let kept = output(&mut client, read("flood")).await;
    assert_eq!(kept[0].offset, 100_000);
    assert_eq!(kept.iter().map(|chunk| chunk.data.len()).sum::<usize>(), 100_000);
    let tail = output(
        &mut client,
        ReadOutputRequest {
            stdout_offset: 199_990,
            ..read("flood")
        },
    )
    .await;
    assert_eq!(bytes_of(&tail, Stream::Stdout), b"000019999\n");
    let beyond = ReadOutputRequest {
        stdout_offset: 200_001,
        ..read("flood")
    };
    assert_eq!(client.read_output(beyond).await.unwrap_err().code(), Code::Aborted);
    let on_disk: u64 = walk(&agent.scratch.join("state"));
    assert!(on_disk <= 100_000, "{on_disk} bytes on disk");
}

fn walk(path: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                walk(&entry.path())
            } else {
                entry.metadata().unwrap().len()
            }
        })
        .sum()
}

#[tokio::test]
async fn following_gets_output_as_it_is_written_and_ends_with_the_process() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let mut request = named("talk", "while read line; do echo got $line; done");
    request.keep_input_open = true;
    client.start_process(request).await.unwrap();
    let mut stream = client
        .read_output(ReadOutputRequest {
            follow: true,
            ..read("talk")
        })
        .await
        .unwrap()
        .into_inner();
    for word in ["one", "two"] {
        let data = format!("{word}\n").into();
        client
            .write_input(WriteInputRequest {
                id: "talk".to_owned(),
                data,
                close: false,
            })
            .await
            .unwrap();
        let chunk = stream.message().await.unwrap().unwrap();
        assert_eq!(chunk.data, format!("got {word}\n"));
    }
    let close = WriteInputRequest {
        id: "talk".to_owned(),
        close: true,
        ..Default::default()
    };
    client.write_input(close.clone()).await.unwrap();
    assert!(stream.message().await.unwrap().is_none());
    assert_eq!(client.write_input(close).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn writes_to_one_input_are_never_mixed() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let mut request = named("sink", "cat");
    request.keep_input_open = true;
    client.start_process(request).await.unwrap();
    let writes = (0..8_u8).map(|number| {
        let mut client = client.clone();
        let data = vec![b'a' + number; 300_000].into();
        tokio::spawn(async move {
            let write = WriteInputRequest {
                id: "sink".to_owned(),
                data,
                close: false,
            };
            client.write_input(write).await.unwrap();
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    let close = WriteInputRequest {
        id: "sink".to_owned(),
        close: true,
        ..Default::default()
    };
    client.write_input(close).await.unwrap();
    let chunks = output(
        &mut client,
        ReadOutputRequest {
            follow: true,
            ..read("sink")
        },
    )
    .await;
    let all = bytes_of(&chunks, Stream::Stdout);
    assert_eq!(all.len(), 2_400_000);
    assert!(
        all.chunks(300_000)
            .all(|piece| piece.iter().all(|byte| *byte == piece[0]))
    );
}

#[tokio::test]
async fn a_process_that_never_reads_takes_a_bounded_number_of_writes() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let mut request = named("deaf", "sleep 1000");
    request.keep_input_open = true;
    client.start_process(request).await.unwrap();
    let data: bytes::Bytes = vec![0; 200_000].into();
    let mut writes = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut client = client.clone();
        let data = data.clone();
        writes.spawn(async move {
            let write = WriteInputRequest {
                id: "deaf".to_owned(),
                data,
                close: false,
            };
            client.write_input(write).await
        });
    }
    // None of them fits into the pipe: the first that is answered is refused.
    let first = writes.join_next().await.unwrap().unwrap();
    assert_eq!(first.unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn signals_reach_the_process_its_group_or_all_its_descendants() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let script = "setsid sh -c 'echo $$; sleep 1000' & sleep 1000 & echo $!; wait";
    for (target, daemon_dies) in [(Target::Group, false), (Target::Descendants, true)] {
        let id = format!("tree{}", target as i32);
        client.start_process(named(&id, script)).await.unwrap();
        let mut pids = Vec::new();
        while pids.len() < 2 {
            let text = bytes_of(&output(&mut client, read(&id)).await, Stream::Stdout);
            pids = String::from_utf8(text)
                .unwrap()
                .lines()
                .map(|line| line.parse::<i32>().unwrap())
                .collect();
        }
        let signal = SignalProcessRequest {
            id: id.clone(),
            signal: 15,
            target: target.into(),
        };
        client.signal_process(signal).await.unwrap();
        assert_eq!(wait(&mut client, &id).await.exit.unwrap().signal, 15);
        let expected = if daemon_dies { 0 } else { 1 };
        eventually("all that were meant are gone", || {
            pids.iter().filter(|pid| alive(**pid)).count() == expected
        })
        .await;
    }
}

#[tokio::test]
async fn unread_input_is_reported() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let mut request = named("reader", "read line; sleep 1000");
    request.keep_input_open = true;
    client.start_process(request).await.unwrap();
    let write = WriteInputRequest {
        id: "reader".to_owned(),
        data: "line\nmore".into(),
        close: false,
    };
    client.write_input(write).await.unwrap();
    let known = GetProcessRequest {
        id: "reader".to_owned(),
    };
    let mut waiting = Some(9);
    // A shell reads byte by byte, and no more than its line.
    for _ in 0..500 {
        waiting = client
            .get_process(known.clone())
            .await
            .unwrap()
            .into_inner()
            .input_waiting_bytes;
        if waiting == Some(4) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(waiting, Some(4));
}

#[tokio::test]
async fn labels_are_merged_and_limited() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let mut request = named("labelled", "true");
    request.labels = map(&[("a", "1"), ("b", "2")]);
    client.start_process(request).await.unwrap();
    let label = |labels| LabelProcessRequest {
        id: "labelled".to_owned(),
        labels,
    };
    let process = client
        .label_process(label(map(&[("a", ""), ("c", "3")])))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(process.labels, map(&[("b", "2"), ("c", "3")]));
    let refused = client
        .label_process(label(map(&[("d", &"x".repeat(4_097))])))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let known = client
        .get_process(GetProcessRequest {
            id: "labelled".to_owned(),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(known.labels.len(), 2);
}

#[tokio::test]
async fn removing_deletes_the_process_and_its_logs() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let pid = client
        .start_process(named("gone", "echo x; sleep 1000"))
        .await
        .unwrap()
        .into_inner()
        .pid;
    let remove = |kill| RemoveProcessRequest {
        id: "gone".to_owned(),
        kill,
    };
    assert_eq!(
        client.remove_process(remove(false)).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    client.remove_process(remove(true)).await.unwrap();
    assert!(!alive(pid));
    assert_eq!(
        client.remove_process(remove(true)).await.unwrap_err().code(),
        Code::NotFound
    );
    let state = agent.scratch.join("state");
    eventually("no log stays on disk", || walk(&state) == 0).await;
    client.start_process(named("gone", "true")).await.unwrap();
}

#[tokio::test]
async fn only_the_newest_finished_processes_are_remembered() {
    let agent = Agent::start();
    let client = agent.connect().await;
    for batch in 0..21 {
        let starts = (0..50).map(|number| {
            let mut client = client.clone();
            tokio::spawn(async move {
                let id = format!("p.{batch}.{number}");
                client.start_process(named(&id, "exit 0")).await.unwrap();
                client.wait_process(WaitProcessRequest { id, timeout_ms: 20_000 }).await
            })
        });
        for start in starts.collect::<Vec<_>>() {
            let _ = start.await.unwrap();
        }
    }
    let mut client = client;
    let listed = client
        .list_processes(ListProcessesRequest::default())
        .await
        .unwrap()
        .into_inner()
        .processes;
    assert!(listed.len() <= 1_000, "{}", listed.len());
    assert!(listed.iter().any(|process| process.id.starts_with("p.20.")));
    let open = agent.descriptors();
    assert!(open < 60, "{open} descriptors are open");
}
