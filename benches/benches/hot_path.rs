//! What one streamed event, one request, one reply, one judgement and one rendered answer cost.
//!
//! `cargo bench -p benches`; `--bench hot_path -- stream` for a part. Times are read as ratios within one run; what
//! decides are instruction counts (`benches/instructions`) and allocations, which are a test of `translate`.

use std::hint::black_box;
use std::time::Duration;

use benches::{
    EVENTS, anthropic_stream, azure_stream, bedrock_stream, cohere_lines, cohere_stream, gemini_array,
    gemini_stream, mistral_stream, ollama_stream, openai_stream, reply, request, tgi_chunks, tgi_tokens,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mocks::script::{Reply, Script};
use translate::call::{self, Api, Call, Options, Stream};
use translate::providers::{self, Provider};
use translate::wire::{Framing, split_event_stream, split_json_array, split_sse};
use wiremock::Respond;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PROVIDERS: [&str; 3] = ["openai", "anthropic", "bedrock"];

/// A stream: the provider's id, its framing, its bytes. What follows a blank in a name tells apart what one provider has.
type Streamed = (&'static str, Framing, fn() -> Vec<u8>);

const STREAMS: &[Streamed] = &[
    ("openai", Framing::Sse, openai_stream),
    ("openai messages", Framing::Sse, openai_stream),
    ("anthropic", Framing::Sse, anthropic_stream),
    ("anthropic responses", Framing::Sse, anthropic_stream),
    ("anthropic messages", Framing::Sse, anthropic_stream),
    ("azure", Framing::Sse, azure_stream),
    ("bedrock", Framing::EventStream, bedrock_stream),
    ("bedrock messages", Framing::EventStream, bedrock_stream),
    ("cohere", Framing::Sse, cohere_stream),
    ("cohere-v1", Framing::JsonLines, cohere_lines),
    ("gemini", Framing::Sse, gemini_stream),
    ("gemini array", Framing::JsonArray, gemini_array),
    ("huggingface-tgi", Framing::Sse, tgi_chunks),
    ("huggingface-tgi completions", Framing::Sse, tgi_tokens),
    ("mistral", Framing::Sse, mistral_stream),
    ("ollama", Framing::JsonLines, ollama_stream),
];

criterion_group! {
    name = hot_path;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = streams, torn_streams, splitters, requests, replies, judgements, renderings
}
criterion_main!(hot_path);

/// Whole streams, as they lie in one read; time and bytes are an event's.
fn streams(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stream");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for &(name, framing, stream) in STREAMS {
        let bytes = stream();
        group.bench_function(name, |bencher| {
            bencher.iter(|| translate_stream(name, framing, black_box(&bytes), usize::MAX));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("stream bytes");
    for &(name, framing, stream) in STREAMS {
        let bytes = stream();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| translate_stream(name, framing, black_box(&bytes), usize::MAX));
        });
    }
    group.finish();
}

/// The same, in reads of a network's packet and of a single small write.
fn torn_streams(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("torn stream");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for &(name, framing, stream) in STREAMS {
        let bytes = stream();
        for piece in [1400, 150] {
            group.bench_function(BenchmarkId::new(name, piece), |bencher| {
                bencher.iter(|| translate_stream(name, framing, black_box(&bytes), piece));
            });
        }
    }
    group.finish();
}

fn splitters(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("split");
    let (sse, binary, array) = (anthropic_stream(), bedrock_stream(), gemini_array());
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("sse", |bencher| {
        bencher.iter(|| count(black_box(&sse), |rest| split_sse(rest).ok().flatten().map(|(size, _)| size)));
    });
    group.bench_function("event stream", |bencher| {
        bencher.iter(|| {
            count(black_box(&binary), |rest| split_event_stream(rest).ok().flatten().map(|(size, _)| size))
        });
    });
    group.bench_function("json array", |bencher| {
        bencher.iter(|| {
            count(black_box(&array), |rest| split_json_array(rest).ok().flatten().map(|(size, _)| size))
        });
    });
    group.finish();
}

fn requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("request");
    for size in [2_000, 200_000] {
        let body = request(size);
        group.throughput(Throughput::Bytes(body.len() as u64));
        for name in PROVIDERS {
            let mut out = Vec::with_capacity(2 * body.len());
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter(|| {
                    out.clear();
                    call::request(Api::Chat, provider(name), black_box(&body), &Options::default(), &mut out)
                        .expect("a good request")
                });
            });
        }
    }
    group.finish();
}

fn replies(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("reply");
    for name in PROVIDERS {
        let body = reply(name);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                call::reply(Api::Chat, provider(name), black_box(&body), &call()).expect("a good reply")
            });
        });
    }
    group.finish();
}

/// What the mock and the judge pay to hold a body against a document.
fn judgements(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("judge");
    let body = serde_json::from_slice(&request(2_000)).expect("JSON");
    let chat = specs::api("openai")
        .and_then(|api| api.operation("POST", "/v1/chat/completions"))
        .expect("described");
    group.bench_function("openai request", |bencher| bencher.iter(|| chat.request(black_box(&body))));
    let answer = serde_json::from_slice(&reply("openai")).expect("JSON");
    group.bench_function("openai reply", |bencher| bencher.iter(|| chat.reply(200, black_box(&answer))));
    let messages =
        specs::api("anthropic").and_then(|api| api.operation("POST", "/v1/messages")).expect("described");
    let answer = serde_json::from_slice(&reply("anthropic")).expect("JSON");
    group.bench_function("anthropic reply", |bencher| {
        bencher.iter(|| messages.reply(200, black_box(&answer)));
    });
    group.finish();
}

/// What the mock pays for an answer: request read, judged and answered, all but the socket.
fn renderings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mock");
    let responder = mocks::responder("openai", Script::new("[[bench]]", Reply::text(["Hello", " world"])));
    for stream in [false, true] {
        let body = serde_json::json!({"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": "Hi [[bench]]"}]});
        let asked = wiremock::Request {
            url: "http://127.0.0.1/v1/chat/completions".parse().expect("a URL"),
            method: "POST".parse().expect("a method"),
            headers: [("authorization", "Bearer sk-touchstone"), ("content-type", "application/json")]
                .into_iter()
                .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
                .collect(),
            body: body.to_string().into_bytes(),
        };
        let name = if stream { "openai stream" } else { "openai whole" };
        group.bench_function(name, |bencher| bencher.iter(|| responder.respond(black_box(&asked))));
    }
    group.finish();
}

fn translate_stream(name: &str, framing: Framing, bytes: &[u8], piece: usize) -> usize {
    let api = match name.split_once(' ') {
        Some((_, "completions")) => Api::Completions,
        Some((_, "responses")) => Api::Responses,
        Some((_, "messages")) => Api::Messages,
        _ => Api::Chat,
    };
    let mut stream = Stream::new(api, provider(name), &call(), framing).expect("it has such an API");
    for piece in bytes.chunks(piece) {
        stream.push(piece).expect("a good stream");
    }
    stream.finish().expect("a whole stream");
    stream.out().len()
}

fn count(mut rest: &[u8], split: impl Fn(&[u8]) -> Option<usize>) -> usize {
    let mut events = 0;
    while let Some(size) = split(rest) {
        rest = &rest[size..];
        events += 1;
    }
    events
}

fn provider(name: &str) -> &'static Provider {
    let id = name.split(' ').next().unwrap_or(name);
    providers::by_id(id).expect("a known provider")
}

fn call() -> Call {
    Call { id: "1".into(), created: 1_700_000_000, model: "m".into(), include_usage: true, ..Call::default() }
}
