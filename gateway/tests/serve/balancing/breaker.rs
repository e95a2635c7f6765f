//! A target that fails is left alone, as its clients see it.

use std::time::{Duration, Instant};

use super::*;

const BROKEN: &str = "500 Internal Server Error";

fn rules(max_fails: u16, fail_timeout: u64) -> Value {
    json!({"max_fails": max_fails, "fail_timeout": fail_timeout, "failover_criteria": ["http_500"], "retries": 1})
}

#[tokio::test]
async fn after_so_many_failures_it_is_not_asked() {
    let (first, second) = (Server::doing([refuses(BROKEN)]).await, Server::saying("well").await);
    let gateway = before(&[&first, &second], &rules(3, 60_000));
    assert_eq!(ask(&gateway, 20).await, vec!["well"; 20]);
    assert_eq!((first.asked(), second.asked()), (3, 20));
}

#[tokio::test]
async fn without_a_number_it_is_asked_for_ever() {
    let (first, second) = (Server::doing([refuses(BROKEN)]).await, Server::saying("well").await);
    let gateway = before(&[&first, &second], &rules(0, 60_000));
    assert_eq!(ask(&gateway, 20).await, vec!["well"; 20]);
    assert!(first.asked() >= 10);
}

#[tokio::test]
async fn one_call_finds_out_that_it_is_well_again() {
    // It fails, fails the first that looks after it, and is well for the next one.
    let deeds = [refuses(BROKEN), refuses(BROKEN), says("first")];
    let (first, second) = (Server::doing(deeds).await, Server::saying("second").await);
    let gateway = before(&[&first, &second], &rules(1, 400));
    // When it was asked for the so many-eth time: before and after.
    let until = async |asked: usize| {
        loop {
            let before = Instant::now();
            let answer = ask(&gateway, 1).await;
            assert!(first.asked() == 3 || answer == ["second"], "{answer:?}");
            if first.asked() == asked {
                return (before, Instant::now());
            }
        }
    };
    let (opened, looked, closed) = (until(1).await, until(2).await, until(3).await);
    // Both times it is left alone for as long as the file says.
    assert!(looked.1 - opened.0 >= Duration::from_millis(400));
    assert!(closed.1 - looked.0 >= Duration::from_millis(400));
    let answers = ask(&gateway, 6).await;
    assert_eq!(answers.iter().filter(|answer| *answer == "first").count(), 3, "{answers:?}");
}

#[tokio::test]
async fn where_nobody_is_left_the_client_is_told() {
    let server = Server::doing([refuses(BROKEN)]).await;
    let gateway = before(&[&server], &rules(1, 60_000));
    let reply = chat(&gateway, ASK).await;
    assert_eq!(reply.status, 500);
    let reply = chat(&gateway, ASK).await;
    assert_eq!(reply.error(), (503, "no_healthy_target".to_owned()));
    assert!(reply.text().contains("failure to get a peer from the ring-balancer"));
    let wait: u64 = reply.field("retry-after").unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn what_never_counts_does_not() {
    for line in
        ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "503 Service Unavailable"]
    {
        let server = Server::doing([refuses(line)]).await;
        let balancer = json!({"max_fails": 1, "fail_timeout": 60_000, "retries": 0,
            "failover_criteria": ["http_403", "http_404", "http_500"]});
        let gateway = before(&[&server], &balancer);
        let answers = ask(&gateway, 3).await;
        assert!(answers.iter().all(|answer| answer.starts_with(&line[..3])), "{answers:?}");
        assert_eq!(server.asked(), 3, "{line}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_its_probe_leaves_it_to_the_next() {
    let server = Server::doing([refuses(BROKEN), Does::Hangs, says("well")]).await;
    let gateway = before(&[&server], &rules(1, 1));
    assert_eq!(chat(&gateway, ASK).await.status, 500);
    // Until the target may be looked after, and then one call does, and is given up.
    loop {
        let mut client = Client::connect(gateway.addr()).await;
        client.post("/chat", "content-type: application/json\r\n", ASK).await;
        let looks = async {
            while server.asked() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = looks => break,
            _ = client.reply() => (),
        }
    }
    // Nobody is out for ever, whatever became of who looked.
    while ask(&gateway, 1).await != ["well"] {}
    assert_eq!(ask(&gateway, 3).await, ["well"; 3]);
}
