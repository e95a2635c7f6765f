//! Does one piece of the hot path so many times, and nothing else: `repeat stream anthropic 100`. For `benches/instructions`.

use std::hint::black_box;
use std::process::ExitCode;

use benches::{anthropic_stream, bedrock_stream, openai_stream, reply, request};
use translate::call::{self, Api, Call, Options, Stream};
use translate::providers::{self, Provider};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, name, times] = arguments.as_slice() else {
        eprintln!("usage: repeat stream|request|reply PROVIDER TIMES");
        return ExitCode::from(2);
    };
    let (Some(provider), Ok(times)) = (providers::by_id(name), times.parse::<usize>()) else {
        eprintln!("no such provider, or no number");
        return ExitCode::from(2);
    };
    let bytes = match what.as_str() {
        "stream" => stream(name),
        "reply" => reply(name),
        _ => request(2_000),
    };
    for _ in 0..times {
        once(what, provider, black_box(&bytes));
    }
    ExitCode::SUCCESS
}

fn once(what: &str, provider: &Provider, bytes: &[u8]) {
    let call = Call {
        id: "1".into(),
        created: 1_700_000_000,
        model: "m".into(),
        include_usage: true,
        ..Call::default()
    };
    match what {
        "stream" => {
            let framing = provider.framings(Api::Chat)[0];
            let mut stream = Stream::new(Api::Chat, provider, &call, framing).expect("it has a chat");
            stream.push(bytes).and_then(|()| stream.finish()).expect("a whole stream");
            black_box(stream.out());
        }
        "reply" => drop(black_box(call::reply(Api::Chat, provider, bytes, &call).expect("a good reply"))),
        _ => {
            let mut out = Vec::with_capacity(2 * bytes.len());
            drop(black_box(
                call::request(Api::Chat, provider, bytes, &Options::default(), &mut out)
                    .expect("a good request"),
            ));
        }
    }
}

fn stream(name: &str) -> Vec<u8> {
    match name {
        "anthropic" => anthropic_stream(),
        "bedrock" => bedrock_stream(),
        _ => openai_stream(),
    }
}
