use sandlot_agent::proto::{
    ChangeEnvironmentRequest, ConfigureRequest, GetMetricsRequest, HelloRequest, ReadOutputRequest, ShutdownRequest,
};

use crate::processes::{named, read};
use crate::support::{Agent, alive, eventually, map, run, shell};

#[tokio::test]
async fn says_hello_with_the_same_boot_id_on_every_connection() {
    let agent = Agent::start();
    let first = agent
        .connect()
        .await
        .hello(HelloRequest::default())
        .await
        .unwrap()
        .into_inner();
    let second = agent
        .connect()
        .await
        .hello(HelloRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.boot_id.len(), 16);
    assert_eq!(first, second);
    assert_eq!((first.protocol, first.version.as_str()), (3, env!("CARGO_PKG_VERSION")));
    assert!(!first.configured);
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_call_ends_it_and_a_new_connection_works() {
    let agent = Agent::start();
    let mut old = agent.connect().await;
    let mut events = old.run(shell("echo $$; sleep 1000")).await.unwrap().into_inner();
    let mut ran = crate::support::Ran::default();
    while ran.stdout.is_empty() {
        ran.take(events.message().await.unwrap().unwrap());
    }
    let pid: i32 = ran.text().trim().parse().unwrap();

    let mut new = agent.connect().await;
    assert_eq!(run(&mut new, shell("echo on")).await.text(), "on\n");
    assert!(events.message().await.is_err());
    eventually("the process of the broken call is killed", || !alive(pid)).await;
}

#[tokio::test]
async fn many_resets_in_a_row_leave_a_working_link() {
    let agent = Agent::start();
    for _ in 0..30 {
        let mut client = agent.connect().await;
        let flood = client.run(shell("cat /dev/zero")).await.unwrap();
        drop(flood);
    }
    assert_eq!(run(&mut agent.connect().await, shell("echo on")).await.text(), "on\n");
}

#[tokio::test]
async fn started_processes_and_their_output_survive_a_reset() {
    let agent = Agent::start();
    let mut request = shell("echo before; read line; echo $line");
    request.id = "kept".to_owned();
    request.keep_input_open = true;
    let mut client = agent.connect().await;
    client.start_process(request).await.unwrap();
    let first = ReadOutputRequest {
        id: "kept".to_owned(),
        follow: true,
        ..Default::default()
    };
    let chunk = client
        .read_output(first)
        .await
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(chunk.data.as_ref(), b"before\n");

    let mut client = agent.connect().await;
    let write = sandlot_agent::proto::WriteInputRequest {
        id: "kept".to_owned(),
        data: "after\n".into(),
        close: true,
    };
    client.write_input(write).await.unwrap();
    let follow = ReadOutputRequest {
        id: "kept".to_owned(),
        stdout_offset: 7,
        follow: true,
        ..Default::default()
    };
    let mut output = client.read_output(follow).await.unwrap().into_inner();
    let chunk = output.message().await.unwrap().unwrap();
    assert_eq!((chunk.offset, chunk.data.as_ref()), (7, b"after\n".as_ref()));
    assert!(output.message().await.unwrap().is_none());
}

#[tokio::test]
async fn configured_environment_reaches_later_processes() {
    let agent = Agent::start_with(&[("FROM_IMAGE", "image"), ("SANDLOT_PRIVATE", "no")]);
    let mut client = agent.connect().await;
    let configure = ConfigureRequest {
        environment: map(&[("GREETING", "hello"), ("SECRET", "s3:x")]),
        working_directory: "/usr".to_owned(),
        ..Default::default()
    };
    let answer = client.configure(configure).await.unwrap().into_inner();
    assert_eq!((answer.uid, answer.working_directory.as_str()), (0, "/usr"));
    assert!(answer.shell.ends_with("sh"), "{}", answer.shell);
    assert!(
        client
            .hello(HelloRequest::default())
            .await
            .unwrap()
            .into_inner()
            .configured
    );

    let script = "echo $GREETING $FROM_IMAGE $HOME $SANDLOT_PRIVATE $(pwd)";
    assert_eq!(run(&mut client, shell(script)).await.text(), "hello image /root /usr\n");

    let change = ChangeEnvironmentRequest {
        set: map(&[("GREETING", "bye")]),
        unset: vec!["FROM_IMAGE".to_owned()],
        unset_value_prefix: "s3:".to_owned(),
    };
    let after = client
        .change_environment(change)
        .await
        .unwrap()
        .into_inner()
        .environment;
    assert_eq!(after.get("GREETING").unwrap(), "bye");
    assert!(!after.contains_key("SECRET") && !after.contains_key("FROM_IMAGE"));
    assert_eq!(run(&mut client, shell(script)).await.text(), "bye /root /usr\n");

    let mut clean = shell("env | sort | head -3; echo $ONLY");
    clean.clean_environment = true;
    clean.environment = map(&[("ONLY", "this")]);
    let text = run(&mut client, clean).await.text();
    assert!(text.contains("ONLY=this") && !text.contains("GREETING"), "{text}");
}

#[tokio::test]
async fn refuses_a_configuration_that_breaks_a_limit_and_keeps_the_old_one() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let bad = [
        ConfigureRequest {
            environment: map(&[("1BAD", "x")]),
            ..Default::default()
        },
        ConfigureRequest {
            user: "nobody-of-that-name".to_owned(),
            ..Default::default()
        },
        ConfigureRequest {
            host_name: "x".repeat(64),
            ..Default::default()
        },
        ConfigureRequest {
            working_directory: "relative".to_owned(),
            ..Default::default()
        },
    ];
    for request in bad {
        let refused = client.configure(request).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    }
    assert!(
        !client
            .hello(HelloRequest::default())
            .await
            .unwrap()
            .into_inner()
            .configured
    );
}

#[tokio::test]
async fn metrics_count_what_runs() {
    let agent = Agent::start();
    let metrics = agent
        .connect()
        .await
        .get_metrics(GetMetricsRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(metrics.process_count >= 1 && metrics.memory_used_bytes > 0);
    assert!(metrics.agent_memory_bytes > 0 && metrics.cpu_used_us > 0);
}

#[tokio::test]
async fn shutdown_ends_everything_and_the_agent_exits_with_zero() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let script = "trap '' TERM; echo trapped; (sleep 1000) & while true; do sleep 0.05; done";
    let stubborn = client.start_process(named("stubborn", script));
    let pid = stubborn.await.unwrap().into_inner().pid;
    let follow = ReadOutputRequest {
        follow: true,
        ..read("stubborn")
    };
    let mut output = client.read_output(follow).await.unwrap().into_inner();
    assert_eq!(output.message().await.unwrap().unwrap().data, "trapped\n");
    client.shutdown(ShutdownRequest { grace_ms: 200 }).await.unwrap();
    assert!(agent.exits().await);
    assert!(!alive(pid));
}

#[tokio::test]
async fn sigterm_is_an_orderly_end() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let pid = client
        .start_process(shell("sleep 1000"))
        .await
        .unwrap()
        .into_inner()
        .pid;
    let own = rustix::process::Pid::from_raw(agent.pid().cast_signed()).unwrap();
    rustix::process::kill_process(own, rustix::process::Signal::TERM).unwrap();
    assert!(agent.exits().await);
    assert!(!alive(pid));
}
