use sandlot_agent::proto::{
    ReadOutputRequest, ResizeTerminalRequest, StartProcessRequest, Terminal, WaitProcessRequest, WriteInputRequest,
};

use crate::support::{Agent, shell};

#[tokio::test]
async fn a_terminal_has_its_size_is_controlling_and_is_resized() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let script =
        "stty size; tty > /dev/null && echo controlled < /dev/tty; echo $TERM; read line; stty size; echo $line";
    let request = StartProcessRequest {
        id: "terminal".to_owned(),
        terminal: Some(Terminal { columns: 100, rows: 30 }),
        user: "daemon".to_owned(),
        ..shell(script)
    };
    client.start_process(request).await.unwrap();
    let follow = ReadOutputRequest {
        id: "terminal".to_owned(),
        follow: true,
        ..Default::default()
    };
    let mut stream = client.read_output(follow).await.unwrap().into_inner();
    let mut text = String::new();
    while !text.contains("xterm") {
        text += std::str::from_utf8(&stream.message().await.unwrap().unwrap().data).unwrap();
    }
    let resize = |columns| ResizeTerminalRequest {
        id: "terminal".to_owned(),
        terminal: Some(Terminal { columns, rows: 40 }),
    };
    client.resize_terminal(resize(120)).await.unwrap();
    assert!(client.resize_terminal(resize(1_001)).await.is_err());
    let write = WriteInputRequest {
        id: "terminal".to_owned(),
        data: "typed\n".into(),
        close: false,
    };
    client.write_input(write).await.unwrap();
    while let Some(chunk) = stream.message().await.unwrap() {
        text += std::str::from_utf8(&chunk.data).unwrap();
    }
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        ["30 100", "controlled", "xterm-256color", "typed", "40 120", "typed"]
    );
}

#[tokio::test]
async fn erase_takes_a_whole_character() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    for (language, line) in [("", "<ab>"), ("C", "<a\u{fffd}b>")] {
        let mut request = StartProcessRequest {
            id: format!("erase{language}"),
            terminal: Some(Terminal { columns: 80, rows: 24 }),
            ..shell("stty -echo erase ^H; echo ready; read -r line; echo \"<$line>\"")
        };
        if !language.is_empty() {
            request.environment = crate::support::map(&[("LC_ALL", language)]);
        }
        client.start_process(request.clone()).await.unwrap();
        let typed = WriteInputRequest {
            id: request.id.clone(),
            data: "a\u{e9}\u{8}b\n".into(),
            close: false,
        };
        let follow = ReadOutputRequest {
            id: request.id,
            follow: true,
            ..Default::default()
        };
        let mut stream = client.read_output(follow).await.unwrap().into_inner();
        let mut bytes = Vec::new();
        // Nothing is typed before the terminal has its settings.
        while !String::from_utf8_lossy(&bytes).contains("ready") {
            bytes.extend_from_slice(&stream.message().await.unwrap().unwrap().data);
        }
        client.write_input(typed).await.unwrap();
        while let Some(chunk) = stream.message().await.unwrap() {
            bytes.extend_from_slice(&chunk.data);
        }
        assert!(String::from_utf8_lossy(&bytes).contains(line), "{bytes:?}");
    }
}

#[tokio::test]
async fn closing_a_terminals_input_is_its_end_of_file() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let request = StartProcessRequest {
        id: "cat".to_owned(),
        terminal: Some(Terminal { columns: 80, rows: 24 }),
        ..shell("stty -echo; echo ready; cat; exit 9")
    };
    client.start_process(request).await.unwrap();
    let close = WriteInputRequest {
        id: "cat".to_owned(),
        data: "word\n".into(),
        close: true,
    };
    client.write_input(close).await.unwrap();
    let wait = WaitProcessRequest {
        id: "cat".to_owned(),
        timeout_ms: 5_000,
    };
    assert_eq!(
        client.wait_process(wait).await.unwrap().into_inner().exit.unwrap().code,
        9
    );
}
