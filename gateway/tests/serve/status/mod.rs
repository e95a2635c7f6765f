//! What operators see of a gateway, as data and as a page.

#[cfg(all(feature = "redis", feature = "pgvector"))]
mod shared;

use browser::{FAINT, in_browser};
use fantoccini::Locator;
use serde_json::{Value, json};

use super::metrics::read::{after, look};
use super::port::Port;
use super::upstream::Upstream;
use super::{ANSWER, ASK, Client, Config, Gateway, Settings, Setup, StatusAddress, chat, json_reply, plugin};

/// What a name may hold that is not meant well.
const HOSTILE: &str = "</td><script>document.title='taken'</script><b title=\"'\">&amp;";

/// Says that a document is as the schema beside the code has it.
fn check(document: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../../../src/status/schema.json")).unwrap();
    let judge =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one");
    let errors: Vec<_> =
        judge.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new(), "{document:#}");
    closed(&schema, &schema, document, "");
}

/// Sees that a document has no member that its schema does not name.
fn closed(root: &Value, schema: &Value, document: &Value, path: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    if let Some(choices) = schema["anyOf"].as_array() {
        if !document.is_null() {
            closed(root, &choices[0], document, path);
        }
        return;
    }
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                let free = &schema["additionalProperties"];
                let own = schema["properties"].get(name).or(free.is_object().then_some(free));
                let own = own.unwrap_or_else(|| panic!("{path}/{name} is not in the schema"));
                closed(root, own, member, &format!("{path}/{name}"));
            }
        }
        Value::Array(members) => {
            members.iter().for_each(|member| closed(root, &schema["items"], member, path));
        }
        _ => (),
    }
}

/// A target of a provider at an address, with a name of its own for what it is good at.
fn target(provider: &str, addr: std::net::SocketAddr, description: &str) -> Value {
    let mut target = plugin(provider, &format!("http://{addr}"));
    target["model"]["options"]["input_cost"] = json!(1_000_000);
    target["model"]["options"]["output_cost"] = json!(1_000_000);
    target["description"] = json!(description);
    target
}

#[tokio::test]
async fn the_state_of_a_gateway_is_told_as_its_schema_has_it() {
    let gone = Port::new();
    let upstream = Upstream::listen().await;
    let targets = [target("mistral", gone.addr(), "cheap"), target("openai", upstream.addr, "good")];
    let balancer = json!({"algorithm": "round-robin", "retries": 1});
    // So that calls can be waited for.
    let gateway = Setup::among(&targets, &balancer).beside("prometheus", json!({})).watched().start();
    let fresh = look(&gateway, "/status.json", "").await;
    assert_eq!(fresh.field("content-type"), Some("application/json"));
    check(&fresh.json());
    assert_eq!(fresh.json()["routes"][0]["targets"][0]["latency_ms"], Value::Null);

    let whole = json_reply("200 OK", ANSWER);
    let answer = async { upstream.call().await.write(&whole).await };
    assert_eq!(tokio::join!(chat(&gateway, ASK), answer).0.status, 200);
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/elsewhere", "", ASK).await;
    assert_eq!(client.reply().await.status, 404);
    after(&gateway, 2).await;

    let told = look(&gateway, "/status.json", "").await.json();
    check(&told);
    assert_eq!(told["state"], "serving");
    assert_eq!(
        told["calls"],
        json!({"in_flight": 0, "total": 2, "failed": 1, "errors": {"route_not_found": 1}})
    );
    let route = &told["routes"][0];
    assert_eq!(
        [&route["name"], &route["service"], &route["algorithm"], &route["calls"], &route["failed"]],
        [&json!("chat"), &json!("ai"), &json!("round-robin"), &json!(1), &json!(0)]
    );
    let [first, second] = [&route["targets"][0], &route["targets"][1]];
    assert_eq!([&first["tries"], &first["failures"]], [&json!(1), &json!({"error": 1})]);
    assert_eq!(first["last_failure"]["kind"], "error");
    assert_eq!([&second["tries"], &second["failures"]], [&json!(1), &json!({})]);
    assert_eq!(second["tokens"], json!({"prompt": 1, "completion": 2, "total": 3}));
    assert_eq!(second["cost"], 3.0);
    assert_eq!(second["latency_ms"]["count"], 1);
    assert_eq!(second["host"], json!(upstream.addr.to_string()));
    assert!(!told.to_string().contains(super::KEY));
}

#[tokio::test]
async fn calls_that_run_are_told_while_they_do() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).watched().start();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK).await;
    let mut call = upstream.call().await;
    let told = look(&gateway, "/status.json", "").await.json();
    assert_eq!(told["calls"]["in_flight"], 1);
    assert_eq!(told["routes"][0]["targets"][0]["in_flight"], 1);
    assert_eq!(told["connections"]["open"], 1);
    call.write(json_reply("200 OK", ANSWER)).await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn a_gateway_that_drains_says_so() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).watched().start();
    let status = gateway.status_addr().unwrap();
    let mut client = Client::connect(gateway.addr()).await;
    client.post("/chat", "", ASK).await;
    let mut call = upstream.call().await;
    let look = async {
        let mut looker = Client::connect(status).await;
        looker.write("GET /status/ready HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
        let ready = looker.reply().await.status;
        looker.write("GET /status.json HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
        let told = looker.reply().await.json();
        call.write(json_reply("200 OK", ANSWER)).await;
        (ready, told["state"].clone())
    };
    let (_, (ready, state)) = tokio::join!(gateway.shutdown(), look);
    assert_eq!((ready, state), (503, json!("draining")));
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn the_page_tells_the_same_to_people() {
    let upstream = Upstream::listen().await;
    let targets = [target("openai", upstream.addr, HOSTILE), target("mistral", upstream.addr, "plain")];
    let gateway = Setup::among(&targets, &json!({})).beside("prometheus", json!({})).watched().start();
    let whole = json_reply("200 OK", ANSWER);
    let answer = async { upstream.call().await.write(&whole).await };
    assert_eq!(tokio::join!(chat(&gateway, ASK), answer).0.status, 200);
    after(&gateway, 1).await;
    let page = look(&gateway, "/status", "").await;
    assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.field("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let text = page.text();
    assert!(!text.contains("<script") && !text.contains(HOSTILE), "{text}");
    for part in ["src=", "url(", "@import", "<link"] {
        assert!(!text.contains(part), "{part}: the page needs nothing else");
    }
    assert!(
        !text.contains("http-equiv")
            && look(&gateway, "/status?refresh=7", "")
                .await
                .text()
                .contains(r#"<meta http-equiv="refresh" content="7">"#)
    );
    let address = format!("http://{}/status", gateway.status_addr().unwrap());
    in_browser(async |browser| {
        browser.goto(&address).await?;
        assert_eq!(browser.title().await?, "serving · Touchstone gateway");
        let rows = browser.find_all(Locator::Css("tbody tr")).await?;
        assert_eq!(rows.len(), 2);
        let first = rows[0].text().await?;
        assert!(first.contains(HOSTILE) && first.contains("HEALTHY"), "{first}");
        assert_eq!(browser.find(Locator::Css("tbody td:nth-child(10)")).await?.text().await?, "3.00");
        assert_eq!(browser.find_all(Locator::Css("b[title]")).await?.len(), 0, "a name made an element");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_page_of_fifty_targets_fits_a_phone_and_can_be_read_in_either_scheme() {
    let upstream = Upstream::listen().await;
    let targets: Vec<_> = (0..50)
        .map(|number| target("openai", upstream.addr, &format!("number {number} {HOSTILE}")))
        .collect();
    let gateway = Setup::among(&targets, &json!({})).watched().start();
    let address = format!("http://{}/status", gateway.status_addr().unwrap());
    in_browser(async |browser| {
        browser.goto(&address).await?;
        assert_eq!(browser.find_all(Locator::Css("tbody tr")).await?.len(), 50);
        for width in [500, 1400] {
            browser.set_window_size(width, 900).await?;
            let wide =
                browser.execute("return document.documentElement.scrollWidth - innerWidth", vec![]).await?;
            assert!(wide.as_i64().is_some_and(|wide| wide <= 0), "{wide} too wide for {width}");
            for scheme in ["light", "dark"] {
                let set = format!("document.documentElement.style.colorScheme = '{scheme}'");
                browser.execute(&set, vec![]).await?;
                assert_eq!(browser.execute(FAINT, vec![]).await?, json!([]), "{scheme}");
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn long_answers_are_packed_for_who_takes_that() {
    let upstream = Upstream::listen().await;
    let gateway = Setup::new("openai", upstream.addr).watched().start();
    let plain = look(&gateway, "/status", "").await;
    assert_eq!(plain.field("content-encoding"), None);
    let refused = look(&gateway, "/status", "accept-encoding: gzip;q=0\r\n").await;
    assert_eq!(refused.field("content-encoding"), None);
    let packed = look(&gateway, "/status", "accept-encoding: deflate, GZIP;q=0.5\r\n").await;
    assert_eq!(packed.field("content-encoding"), Some("gzip"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*packed.body), &mut text).unwrap();
    assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>"));
}

#[tokio::test]
async fn operators_may_look_where_clients_call_if_they_ask_for_it() {
    let upstream = Upstream::listen().await;
    let port = Port::new();
    let mut setup = Setup::new("openai", upstream.addr);
    setup.at = port.addr();
    let gateway = setup.watched().start();
    assert_eq!(gateway.status_addr(), None);
    for (path, start) in
        [("/metrics", "# HELP"), ("/status", "<!doctype html>"), ("/status.json", "{\"version\"")]
    {
        let mut client = Client::connect(gateway.addr()).await;
        client.write(&format!("GET {path} HTTP/1.1\r\nhost: gateway\r\n\r\n")).await;
        let reply = client.reply().await;
        assert!(reply.status == 200 && reply.text().starts_with(start), "{path}: {reply:?}");
    }
}

#[tokio::test]
async fn an_address_of_operators_that_is_taken_is_done_without_if_it_was_only_wished_for() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let (free, clients) = (Port::new(), Port::new());
    let listen = "127.0.0.1:0".parse().unwrap();
    let start = |listen, status| {
        let config = Config::parse(&Setup::new("openai", listen).file(), &|_| None).unwrap();
        Gateway::start(config, Settings { status: Some(status), threads: 1, ..Settings::new(listen) })
    };
    let refused = start(listen, StatusAddress::At(taken)).err();
    assert!(matches!(refused, Some(gateway::Error::Listen { address, .. }) if address == taken));
    assert_eq!(start(listen, StatusAddress::IfFree(taken)).unwrap().status_addr(), None);
    assert_eq!(start(listen, StatusAddress::IfFree(free.addr())).unwrap().status_addr(), Some(free.addr()));
    // Clients took it: operators' pages are not for them.
    let gateway = start(clients.addr(), StatusAddress::IfFree(clients.addr())).unwrap();
    let mut client = Client::connect(gateway.addr()).await;
    client.write("GET /status HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
    assert_eq!((gateway.status_addr(), client.reply().await.status), (None, 404));
}

#[tokio::test]
async fn who_is_left_alone_is_told_with_why_and_how_long() {
    let gone = Port::new();
    let (busy, upstream) = (Upstream::listen().await, Upstream::listen().await);
    let targets = [
        target("mistral", gone.addr(), "gone"),
        target("deepseek", busy.addr, "busy"),
        target("openai", upstream.addr, "well"),
    ];
    let balancer = json!({"retries": 2, "max_fails": 1, "fail_timeout": 600_000});
    let everything = json!({"upstream_health_metrics": true});
    let gateway = Setup::among(&targets, &balancer).beside("prometheus", everything).watched().start();
    let slow = super::whole("429 Slow Down\r\ncontent-type: application/json\r\nretry-after: 300", "{}");
    let answer = async { busy.call().await.write(&slow).await };
    assert_eq!(tokio::join!(chat(&gateway, ASK), answer).0.status, 429);
    let whole = json_reply("200 OK", ANSWER);
    let answer = async { upstream.call().await.write(&whole).await };
    assert_eq!(tokio::join!(chat(&gateway, ASK), answer).0.status, 200);
    let metrics = super::metrics::read::read(&after(&gateway, 2).await);
    let told = look(&gateway, "/status.json", "").await.json();
    check(&told);
    let targets = told["routes"][0]["targets"].as_array().unwrap();
    let of = |name: &str| targets.iter().map(|target| target[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("state"), ["unhealthy", "set_aside", "healthy"]);
    assert_eq!(of("trips"), [json!(1), json!(0), json!(0)]);
    let seconds = |number: usize| targets[number]["out_for_seconds"].as_u64();
    assert!(seconds(0).is_some_and(|left| (590..=600).contains(&left)), "{:?}", seconds(0));
    assert!(seconds(1).is_some_and(|left| (290..=300).contains(&left)), "{:?}", seconds(1));
    assert_eq!(seconds(2), None);
    let state = |number: u8, provider: &str, state: &str| {
        metrics[&format!(
            r#"touchstone_target_state{{ai_model="m",ai_provider="{provider}",route="chat",service="ai",state="{state}",target="{number}"}}"#
        )]
    };
    assert_eq!(
        [state(0, "mistral", "unhealthy"), state(0, "mistral", "healthy"), state(2, "openai", "healthy")],
        [1.0, 0.0, 1.0]
    );
    let kong = |number: u8| {
        metrics[&format!(
            r#"kong_upstream_target_health{{address="",state="unhealthy",subsystem="http",target="{number}",upstream="chat"}}"#
        )]
    };
    assert_eq!([kong(0), kong(2)], [1.0, 0.0]);
    let trips = r#"touchstone_breaker_trips_total{ai_model="m",ai_provider="mistral",route="chat",service="ai",target="0"}"#;
    assert_eq!(metrics[trips], 1.0);
}
