//! Plays one scenario in one cell: scripts the provider, drives the gateway, collects both sides.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use mocks::script::{Match, Reply, Script};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::arena::Stage;
use super::plan::Play;
use super::{observe, secrets};
use crate::case::{Case, Ending, Sent};
use crate::client::{self, Rest, Target, Transcript};
use crate::expected::Expected;
use crate::gateway::{Profile, Route};
use crate::report::model::End;
use crate::scenario::{Behaviour, Key, Outcome, Scenario};
use crate::{Cell, Mode, Surface};

/// One that no gateway gave out.
const UNKNOWN_KEY: &str = "sk-of-nobody-0000";
/// How long the gateway may take to let go of the provider, once the client has what it gets.
const SETTLE: Duration = Duration::from_millis(1500);

/// A provider that could write nothing for so long is kept waiting: whoever reads on, however slowly, takes some of what the kernel
/// keeps for it several times a second.
const QUIET: Duration = Duration::from_secs(2);

/// Plays, and gives one case for each of the client's calls.
pub(super) async fn play(stage: &Arc<Stage>, play: Play) -> Vec<Case> {
    let base = format!("[[ts:{}{:04}/{}/", stage.name, play.ordinal, place(&play.cell));
    let times = play.scenario.client.parallel.unwrap_or(1);
    let markers: Vec<String> = (1..=times).map(|number| format!("{base}{number}]]")).collect();
    let scripts: Vec<Vec<Reply>> = markers.iter().map(|marker| script(&play, marker)).collect();
    for (marker, replies) in markers.iter().zip(&scripts) {
        if let Some(first) = replies.first() {
            let script = Script { replies: replies.clone(), ..Script::new(marker.as_str(), first.clone()) };
            stage.mocks.add(script);
        }
        // The script that was added last is looked at first.
        for (provider, replies) in &play.scenario.at {
            let matching = Match {
                contains: Some(marker.clone()),
                provider: Some(provider.clone()),
                ..Match::default()
            };
            stage.mocks.add(Script { matching, replies: replies.clone() });
        }
    }
    let mut sent = Vec::with_capacity(times);
    let mut aside = Vec::new();
    for marker in &markers {
        let before = before(stage, &play, marker, &mut aside).await;
        sent.push(request(stage, &play, marker, &before));
    }
    let reached = play.scenario.client.terminate_after.map(|_| Arc::new(Notify::new()));
    let calls = sent.iter().map(|sent| {
        let target = target(sent, &play, reached.clone());
        call(stage, target, &sent.marker)
    });
    let (transcripts, ending) = tokio::join!(join_all(calls), terminate(stage, reached.as_deref()));
    drop(aside);
    let entries = settle(stage, &base, play.scenario.outcome, &transcripts).await;
    for marker in &markers {
        stage.mocks.remove(marker);
    }
    let targets: Vec<String> = entries.iter().map(|entry| entry.provider.clone()).collect();
    let mut cases = Vec::with_capacity(times);
    for ((sent, transcript), replies) in sent.into_iter().zip(transcripts).zip(&scripts) {
        let mut asked = observe::asked(&entries, &sent.marker, transcript.sent, stage.mocks.epoch());
        if !play.scenario.before.is_empty() {
            asked.retain(|asked| asked.at_ms >= 0.0);
        }
        // Of several targets the last one that was asked is the one whose answer the client gets.
        let last = asked.last().map_or(play.route.provider.as_str(), |asked| asked.provider.as_str());
        let route = play.route.at(last);
        let replies = play.scenario.at.get(last).unwrap_or(replies);
        let expected = Expected::new(&play.scenario, play.cell.surface, replies, &route.provider);
        let expected = expected.in_mode(play.cell.mode, &route.provider);
        let place = (Arc::clone(&play.scenario), play.cell.clone(), route);
        let case = Case::new(place, stage.profile.policies.clone(), sent, transcript, asked, expected);
        cases.push(Case { ending: ending.clone(), targets: targets.clone(), ..case });
    }
    cases
}

/// What a marker says of a cell: on chats, provider and mode alone.
fn place(cell: &Cell) -> String {
    let (provider, mode) = (&cell.provider, cell.mode.name());
    match cell.surface {
        Surface::Messages | Surface::Responses => format!("{}.{provider}.{mode}", cell.surface.word()),
        _ => format!("{provider}.{mode}"),
    }
}

/// Calls what the scenario calls before, one after the other; gives back the replies. What goes on meanwhile is put `aside`.
async fn before(stage: &Arc<Stage>, play: &Play, marker: &str, aside: &mut Vec<JoinSet<()>>) -> Vec<Value> {
    let mut replies: Vec<Value> = Vec::new();
    for step in &play.scenario.before {
        if let Some(wait) = step.wait_ms {
            sleep(Duration::from_millis(wait)).await;
            continue;
        }
        let scenario = Scenario {
            request: step.request.clone(),
            raw: step.raw.clone(),
            before: Vec::new(),
            client: Behaviour::default(),
            ..(*play.scenario).clone()
        };
        // What is made is made whole, however it is asked for later.
        let mode = if step.stream { Mode::Stream } else { Mode::Whole };
        let cell = Cell { mode, ..play.cell.clone() };
        let call = Play { scenario: Arc::new(scenario), cell, route: play.route.clone(), ..*play };
        let sent = request(stage, &call, marker, &replies);
        if step.aside {
            aside.push(begin(stage, &call, &sent).await);
            continue;
        }
        let transcript = stage.client.call(&target(&sent, &call, None), stage.patience).await;
        replies.push(serde_json::from_slice(&transcript.body()).unwrap_or_default());
    }
    replies
}

/// Calls, and comes back when there is an event of the reply. Whoever drops what it gives back leaves the call.
async fn begin(stage: &Arc<Stage>, call: &Play, sent: &Sent) -> JoinSet<()> {
    let begun = Arc::new(Notify::new());
    let behaviour = Behaviour { terminate_after: Some(1), ..Behaviour::default() };
    let target = Target { behaviour, ..target(sent, call, Some(Arc::clone(&begun))) };
    let mut running = JoinSet::new();
    let own = Arc::clone(stage);
    running.spawn(async move { _ = own.client.call(&target, own.patience).await });
    tokio::select! {
        () = begun.notified() => {}
        _ = running.join_next() => {}
    }
    running
}

/// Calls, and ends a pause of the client's as soon as it is known what the gateway does meanwhile: it read the provider's reply to its
/// end, or it keeps the provider waiting. A slow gateway that reads on has the whole pause for it.
async fn call(stage: &Stage, target: Target, marker: &str) -> Transcript {
    let Some(pause) = target.behaviour.pause else {
        return stage.client.call(&target, stage.patience).await;
    };
    // What the client waits by its own will is not the gateway's time.
    let patience = stage.patience + Duration::from_millis(pause.ms);
    let rest = Arc::new(Rest::default());
    let target = Target { rest: Some(Arc::clone(&rest)), ..target };
    let mut call = std::pin::pin!(stage.client.call(&target, patience));
    let watched = async {
        rest.begun.notified().await;
        stage.mocks.quiet(marker, QUIET).await;
        rest.over.notify_one();
    };
    tokio::select! {
        transcript = &mut call => transcript,
        () = watched => call.await,
    }
}

/// Ends the gateway once the client has what it waits for.
async fn terminate(stage: &Stage, reached: Option<&Notify>) -> Option<Ending> {
    timeout(stage.patience, reached?.notified()).await.ok()?;
    stage.gateway.lock().await.as_mut()?.terminate().await
}

/// The scenario's replies, with the marker wherever they ask for it.
fn script(play: &Play, marker: &str) -> Vec<Reply> {
    let replies = &play.scenario.replies;
    let with_marker = serde_json::to_string(replies).ok().filter(|text| text.contains("{{marker}}"));
    let Some(text) = with_marker else { return replies.clone() };
    serde_json::from_str(&text.replace("{{marker}}", marker)).unwrap_or_else(|_| replies.clone())
}

fn request(stage: &Stage, play: &Play, marker: &str, before: &[Value]) -> Sent {
    let (scenario, surface) = (&play.scenario, play.cell.surface);
    let mut sent = Sent {
        marker: marker.to_owned(),
        method: "POST".to_owned(),
        path: play.route.path.clone(),
        operation: play.route.path.clone(),
        before: before.to_vec(),
        headers: headers(&stage.profile, &play.route, scenario.client.key),
        ..Sent::default()
    };
    if let Some(raw) = &scenario.raw {
        sent.method = raw.method.clone().unwrap_or(sent.method);
        sent.path = raw.path.clone().unwrap_or(sent.path);
        sent.path.extend(raw.below.iter().map(|below| remembered(below, before)));
        sent.body = raw.body.replace("{{marker}}", marker).into_bytes();
    } else {
        let asked = scenario.marked(marker);
        let mut body = scenario.asked_on(surface, &asked);
        complete(&mut body, scenario, &play.route);
        if let Some(model) = play.route.model.as_ref().filter(|_| body["model"].is_null()) {
            body["model"] = json!(model);
        }
        if play.cell.mode == Mode::Stream {
            body["stream"] = json!(true);
        } else if let Some(members) = body.as_object_mut() {
            members.remove("stream_options");
        }
        put_output(&mut body, before);
        let text = remembered(&body.to_string(), before);
        sent.json = serde_json::from_str(&text).unwrap_or(body);
        sent.body = surface.exact(&asked, text).into_bytes();
    }
    sent.secrets = secrets::of(&sent.headers, stage.mocks.credentials());
    sent
}

/// The items of the last reply, where a request refers to them: a client that keeps what was said sends them back.
fn put_output(body: &mut Value, before: &[Value]) {
    let output = before.iter().rev().find_map(|reply| reply["output"].as_array());
    if let (Some(items), Some(output)) = (body.get_mut("input").and_then(Value::as_array_mut), output)
        && let Some(at) = items.iter().position(|item| item["id"] == "{{output}}")
    {
        items.splice(at..=at, output.iter().cloned());
    }
}

/// A text with the id of the last reply wherever it asks for it.
fn remembered(text: &str, before: &[Value]) -> String {
    let id = before.iter().rev().find_map(|reply| reply["id"].as_str());
    id.map_or_else(|| text.to_owned(), |id| text.replace("{{id}}", id))
}

/// Adds what the route has every request say, unless the request says it, if by another name.
pub(crate) fn complete(body: &mut Value, scenario: &Scenario, route: &Route) {
    let limits = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
    for (name, value) in route.request.iter().filter(|_| !scenario.bare) {
        let names = if limits.contains(&name.as_str()) { &limits[..] } else { &[name.as_str()] };
        if names.iter().all(|name| body[*name].is_null()) {
            body[name.as_str()] = value.clone();
        }
    }
}

/// What the route says, over what the profile says, over what every client sends; with another key where the scenario says so.
pub(crate) fn headers(profile: &Profile, route: &Route, key: Option<Key>) -> Vec<(String, String)> {
    let own = [
        ("content-type", "application/json"),
        ("accept", "*/*"),
        ("user-agent", concat!("touchstone/", env!("CARGO_PKG_VERSION"))),
    ];
    let mut headers: Vec<(String, String)> =
        own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let shown = route.surface.headers(client::KEY);
    headers.extend(shown.into_iter().map(|(name, value)| (name.to_owned(), value)));
    for (name, value) in profile.headers.iter().chain(&route.headers) {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.push((name.to_lowercase(), value.clone()));
    }
    if let Some(key) = key {
        let (own, unknown) = route.surface.key(UNKNOWN_KEY);
        headers.retain(|(name, _)| name != own);
        headers.extend((key == Key::Unknown).then(|| (own.to_owned(), unknown)));
    }
    headers
}

fn target(sent: &Sent, play: &Play, reached: Option<Arc<Notify>>) -> Target {
    Target {
        method: sent.method.clone(),
        path: sent.path.clone(),
        headers: sent.headers.clone(),
        body: Bytes::from(sent.body.clone()),
        behaviour: play.scenario.client,
        reached,
        rest: None,
    }
}

/// The journal, once the gateway has let go of every call, or has had the time to.
async fn settle(
    stage: &Stage,
    base: &str,
    outcome: Outcome,
    transcripts: &[Transcript],
) -> Vec<mocks::journal::Entry> {
    // Nothing was called where everything was refused: there is nothing to wait for.
    if outcome == Outcome::Refused || transcripts.iter().all(|transcript| transcript.end == End::Refused) {
        return stage.mocks.journal(Some(base));
    }
    let settled = |entries: &[mocks::journal::Entry]| {
        entries.iter().all(|entry| entry.finished_ms.is_some() || entry.aborted)
    };
    match timeout(SETTLE, stage.mocks.journal_when(Some(base), settled)).await {
        Ok(entries) => entries,
        Err(_) => stage.mocks.journal(Some(base)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Profile;
    use crate::scenario;

    #[test]
    fn a_route_completes_what_a_request_does_not_say() {
        let text = r#"
            apiVersion: touchstone/v1
            kind: GatewayProfile
            implementation: { organization: "", project: "", url: "", version: "", contact: [] }
            routes: [{ name: a, provider: anthropic, path: /, upstreamModel: m, request: { max_tokens: 9 } }]
        "#;
        let profile = Profile::parse("some", text).unwrap();
        let completed = |id: &str, mut body: Value| {
            complete(&mut body, scenario::find(id).unwrap(), &profile.routes[0]);
            body
        };
        assert_eq!(completed("chat.text.plain", json!({})), json!({"max_tokens": 9}));
        let limited = json!({"max_completion_tokens": 3});
        assert_eq!(completed("chat.text.plain", limited.clone()), limited);
        assert_eq!(completed("chat.parameters.no-limit", json!({})), json!({}));
    }
}
