use sandlot_agent::proto::dial_request::Message as Asked;
use sandlot_agent::proto::dial_response::Message as Answered;
use sandlot_agent::proto::{DialRequest, DialTarget, ListPortsRequest, WaitForPortRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use crate::support::Agent;

fn target(port: u32) -> DialRequest {
    DialRequest {
        message: Some(Asked::Target(DialTarget { port })),
    }
}

fn data(bytes: impl Into<bytes::Bytes>) -> DialRequest {
    DialRequest {
        message: Some(Asked::Data(bytes.into())),
    }
}

#[tokio::test]
async fn listening_ports_of_both_families_are_listed_and_waited_for() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let four = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let six = TcpListener::bind("[::1]:0").await.unwrap();
    let ports = client
        .list_ports(ListPortsRequest::default())
        .await
        .unwrap()
        .into_inner()
        .ports;
    for listener in [&four, &six] {
        assert!(ports.contains(&u32::from(listener.local_addr().unwrap().port())));
    }
    assert!(ports.is_sorted());

    let port = u32::from(four.local_addr().unwrap().port());
    client
        .wait_for_port(WaitForPortRequest { port, timeout_ms: 0 })
        .await
        .unwrap();
    drop(four);
    let never = WaitForPortRequest { port, timeout_ms: 60 };
    assert_eq!(
        client.wait_for_port(never).await.unwrap_err().code(),
        Code::DeadlineExceeded
    );
    for port in [0, 65_536] {
        let refused = client
            .wait_for_port(WaitForPortRequest { port, timeout_ms: 1 })
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_dialled_server_on_localhost_is_spoken_to_both_ways() {
    for address in ["127.0.0.1:0", "[::1]:0", "127.0.0.7:0"] {
        let agent = Agent::start();
        let mut client = agent.connect().await;
        let listener = TcpListener::bind(address).await.unwrap();
        let port = u32::from(listener.local_addr().unwrap().port());
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            socket.read_to_end(&mut heard).await.unwrap();
            socket.write_all(&heard).await.unwrap();
            heard.len()
        });
        let piece = vec![7; 65_536];
        let mut requests = vec![target(port)];
        requests.extend((0..40).map(|_| data(piece.clone())));
        requests.push(DialRequest {
            message: Some(Asked::EndOfInput(true)),
        });
        let mut answers = client.dial(tokio_stream::iter(requests)).await.unwrap().into_inner();
        let first = answers.message().await.unwrap().unwrap();
        assert!(matches!(first.message, Some(Answered::Connected(_))));
        let mut heard = 0;
        while let Some(answer) = answers.message().await.unwrap() {
            match answer.message.unwrap() {
                Answered::Data(bytes) => heard += bytes.len(),
                Answered::Connected(_) => panic!("connected twice"),
            }
        }
        assert_eq!((server.await.unwrap(), heard), (40 * 65_536, 40 * 65_536), "{address}");
    }
}

#[tokio::test]
async fn dialling_a_closed_port_is_unavailable_and_breaking_the_order_is_refused() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let refused = client
        .dial(tokio_stream::once(target(u32::from(free))))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), crate::support::errno(&refused)),
        (Code::Unavailable, "ECONNREFUSED")
    );
    for first in [target(0), target(65_536), data("x")] {
        let refused = client.dial(tokio_stream::once(first)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_closes_the_dialled_connection() {
    let agent = Agent::start();
    let mut client = agent.connect().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = u32::from(listener.local_addr().unwrap().port());
    let (requests, queue) = mpsc::channel(4);
    requests.send(target(port)).await.unwrap();
    let mut answers = client.dial(ReceiverStream::new(queue)).await.unwrap().into_inner();
    answers.next().await.unwrap().unwrap();
    let (mut socket, _) = listener.accept().await.unwrap();
    drop(answers);
    drop(requests);
    let mut byte = [0];
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), socket.read(&mut byte))
        .await
        .unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)));
}
