//! OpenAI's audio. The decoders are those of the crate `symphonia`, which has none of Opus: of that the packets are counted.

use std::io::Cursor;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mocks::script::{Cut, Failure, Fault, Kind, Reply};
use mocks::{Mocks, Script};
use serde_json::{Value, json};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::{Field, file, post_form, text};
use crate::client::{Reply as Got, exchange, request};
use crate::judged;

const SPEAK: &str = "/v1/audio/speech";
const HEAR: &str = "/v1/audio/transcriptions";
const TRANSLATE: &str = "/v1/audio/translations";
/// Eight words: two seconds.
const WORDS: &str = "One two three four. Five six seven eight!";

async fn spoken(mocks: &Mocks, more: &Value) -> Got {
    let mut body = json!({ "model": "gpt-4o-mini-tts", "input": WORDS, "voice": "coral" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    judged::post(mocks, "openai", SPEAK, &body).await
}

/// Samples that a decoder finds, those that are not silent, and the rate.
fn decoded(bytes: &[u8], ending: &str) -> (usize, usize, u32) {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), Default::default());
    let mut hint = Hint::new();
    hint.with_extension(ending);
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .unwrap_or_else(|problem| panic!("{ending}: {problem}"));
    let track = format.default_track(TrackType::Audio).unwrap();
    let parameters = track.codec_params.as_ref().unwrap().audio().unwrap().clone();
    let options = AudioDecoderOptions::default();
    let mut decoder = symphonia::default::get_codecs().make_audio_decoder(&parameters, &options).unwrap();
    let (mut all, mut loud) = (0, 0);
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(Error::IoError(_)) => break,
            Err(problem) => panic!("{ending}: {problem}"),
        };
        let mut samples: Vec<i16> = Vec::new();
        decoder.decode(&packet).unwrap().copy_to_vec_interleaved(&mut samples);
        all += samples.len();
        loud += samples.iter().filter(|sample| **sample != 0).count();
    }
    (all, loud, parameters.sample_rate.unwrap())
}

#[tokio::test]
async fn speech_can_be_played_in_every_format() {
    let mocks = mocks::start().await.unwrap();
    for (format, media) in
        [("mp3", "audio/mpeg"), ("aac", "audio/aac"), ("flac", "audio/flac"), ("wav", "audio/wav")]
    {
        let got = spoken(&mocks, &json!({ "response_format": format })).await;
        assert_eq!((got.status, got.header("content-type"), got.complete), (200, Some(media), true));
        let (samples, loud, rate) = decoded(&got.body, format);
        assert_eq!(rate, 24_000);
        assert!((48_000..48_000 + 2_048).contains(&samples), "{format}: {samples}");
        assert_eq!(loud > 0, matches!(format, "flac" | "wav"), "{format}");
    }
    let pcm = spoken(&mocks, &json!({ "response_format": "pcm" })).await;
    assert_eq!((pcm.header("content-type"), pcm.body.len()), (Some("audio/pcm"), 96_000));
    assert!(pcm.chunks.len() > 1, "it comes as it is made");
    let fast = spoken(&mocks, &json!({ "response_format": "pcm", "speed": 2 })).await;
    assert_eq!(fast.body.len(), 48_000);
}

#[tokio::test]
async fn opus_comes_in_pages_whose_sums_are_right() {
    let mocks = mocks::start().await.unwrap();
    let got = spoken(&mocks, &json!({ "response_format": "opus" })).await;
    assert_eq!(got.header("content-type"), Some("audio/opus"));
    let stream = MediaSourceStream::new(Box::new(Cursor::new(got.body)), Default::default());
    let probe = symphonia::default::get_probe();
    let mut format =
        probe.probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default()).unwrap();
    let mut packets = 0;
    while let Ok(Some(packet)) = format.next_packet() {
        assert_eq!(packet.data.len(), 3);
        packets += 1;
    }
    assert_eq!(packets, 100, "two seconds of twenty milliseconds each");
}

#[tokio::test]
async fn events_carry_the_same_bytes() {
    let mocks = mocks::start().await.unwrap();
    let whole = spoken(&mocks, &json!({ "response_format": "wav" })).await;
    let streamed = spoken(&mocks, &json!({ "response_format": "wav", "stream_format": "sse" })).await;
    let events = judged::streamed(&judged::operation("openai", "POST", SPEAK), &streamed);
    let pieces = events.iter().filter_map(|event| event["audio"].as_str());
    let bytes: Vec<u8> = pieces.flat_map(|piece| BASE64_STANDARD.decode(piece).unwrap()).collect();
    assert_eq!(bytes, whole.body);
    let usage = &events.last().unwrap()["usage"];
    assert_eq!(usage["total_tokens"], usage["input_tokens"].as_u64().unwrap() + 40);
}

async fn heard(mocks: &Mocks, sound: &[u8], more: &[(&str, &str)]) -> Got {
    let mut fields = vec![file("file", "speech.wav", "audio/wav", sound)];
    fields.extend(more.iter().map(|(name, value)| text(name, value)));
    post_form(mocks, "openai", HEAR, &fields).await
}

#[tokio::test]
async fn what_was_spoken_here_is_heard_in_every_form() {
    let mocks = mocks::start().await.unwrap();
    let sound = spoken(&mocks, &json!({ "response_format": "wav" })).await.body;
    let operation = judged::operation("openai", "POST", HEAR);
    let whisper = ("model", "whisper-1");
    let json = judged::whole(&operation, &heard(&mocks, &sound, &[whisper]).await);
    assert_eq!(json, json!({ "text": WORDS, "usage": { "type": "duration", "seconds": 2 } }));
    for (format, expected) in [
        ("text", format!("{WORDS}\n")),
        ("srt", "1\n00:00:00,000 --> 00:00:01,000\nOne two three four.\n\n2\n00:00:01,000 --> 00:00:02,000\nFive six seven eight!\n\n".to_owned()),
        ("vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nOne two three four.\n\n00:00:01.000 --> 00:00:02.000\nFive six seven eight!\n\n".to_owned()),
    ] {
        let got = heard(&mocks, &sound, &[whisper, ("response_format", format)]).await;
        assert_eq!((got.status, got.text()), (200, &*expected));
        assert_eq!(got.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    let verbose = [
        whisper,
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
        ("temperature", "0.5"),
    ];
    let verbose = judged::whole(&operation, &heard(&mocks, &sound, &verbose).await);
    assert_eq!((&verbose["duration"], &verbose["language"]), (&json!(2.0), &json!("english")));
    assert_eq!(verbose["words"][7], json!({ "word": "eight", "start": 1.75, "end": 2.0 }));
    assert_eq!(
        (&verbose["segments"][1]["start"], &verbose["segments"][1]["temperature"]),
        (&json!(1.0), &json!(0.5))
    );
    let short = [whisper, ("response_format", "verbose_json")];
    let short = judged::whole(&operation, &heard(&mocks, &sound, &short).await);
    assert!(short.get("words").is_none() && short["segments"].is_array());
    let who = [
        ("model", "gpt-4o-transcribe-diarize"),
        ("response_format", "diarized_json"),
        ("known_speaker_names[]", "Ann"),
        ("chunking_strategy", "auto"),
    ];
    let who = judged::whole(&operation, &heard(&mocks, &sound, &who).await);
    let speakers: Vec<_> = who["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|segment| segment["speaker"].as_str().unwrap())
        .collect();
    assert_eq!(speakers, ["Ann", "B"]);
}

#[tokio::test]
async fn newer_models_count_tokens_and_stream() {
    let mocks = mocks::start().await.unwrap();
    let sound = spoken(&mocks, &json!({ "response_format": "wav" })).await.body;
    let operation = judged::operation("openai", "POST", HEAR);
    let ask = [("model", "gpt-4o-transcribe"), ("include[]", "logprobs"), ("prompt", "hi")];
    let whole = judged::whole(&operation, &heard(&mocks, &sound, &ask).await);
    assert_eq!(whole["usage"]["input_token_details"], json!({ "text_tokens": 1, "audio_tokens": 20 }));
    let likely = whole["logprobs"].as_array().unwrap();
    let tokens: String = likely.iter().map(|token| token["token"].as_str().unwrap()).collect();
    assert_eq!(tokens, WORDS);
    let stream = [("model", "gpt-4o-mini-transcribe"), ("stream", "true")];
    let events = judged::streamed(&operation, &heard(&mocks, &sound, &stream).await);
    let deltas: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    assert_eq!((deltas.as_str(), &events.last().unwrap()["text"]), (WORDS, &json!(WORDS)));
    // The first model passes over that it should stream.
    let whisper = [("model", "whisper-1"), ("stream", "true")];
    judged::whole(&operation, &heard(&mocks, &sound, &whisper).await);
    let translated = [file("file", "a.wav", "audio/wav", &sound), text("model", "whisper-1")];
    let translated = post_form(&mocks, "openai", TRANSLATE, &translated).await;
    assert_eq!(
        judged::whole(&judged::operation("openai", "POST", TRANSLATE), &translated),
        json!({ "text": WORDS })
    );
}

#[tokio::test]
async fn scripts_say_what_is_heard_and_what_goes_wrong() {
    let mocks = mocks::start().await.unwrap();
    let sound = spoken(&mocks, &json!({ "response_format": "flac" })).await.body;
    mocks.add(Script::new("[[said]]", Reply::text(["Good ", "day."])));
    mocks.add(Script::new("[[rate]]", Reply::error(Failure::new(Kind::RateLimit, "slow down"))));
    let cut = Cut { after_event: Some(1), ..Cut::default() };
    mocks.add(Script::new(
        "[[cut]]",
        Reply::default().with_fault(Fault { cut: Some(cut), ..Fault::default() }),
    ));
    let operation = judged::operation("openai", "POST", HEAR);
    let ask = |marker: &'static str| {
        [
            file("file", "a.flac", "audio/flac", &sound),
            text("model", "gpt-4o-transcribe"),
            text("prompt", marker),
        ]
    };
    let said = judged::whole(&operation, &post_form(&mocks, "openai", HEAR, &ask("[[said]]")).await);
    assert_eq!(said["text"], "Good day.");
    let refused = judged::refused(&operation, &post_form(&mocks, "openai", HEAR, &ask("[[rate]]")).await);
    assert_eq!(refused.0, 429);
    let broken =
        spoken(&mocks, &json!({ "input": format!("[[cut]] {WORDS}"), "response_format": "pcm" })).await;
    assert!(!broken.complete && broken.body.len() == 16 << 10);
}

#[tokio::test]
async fn what_cannot_be_heard_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let sound = spoken(&mocks, &json!({ "response_format": "wav" })).await.body;
    let short = spoken(&mocks, &json!({ "response_format": "wav", "input": "a", "speed": 4 })).await.body;
    let operation = judged::operation("openai", "POST", HEAR);
    let wav = |content| file("file", "a.wav", "audio/wav", content);
    let (whisper, newer) = (text("model", "whisper-1"), text("model", "gpt-4o-transcribe"));
    let cases: Vec<(Vec<Field<'_>>, &str, &str)> = vec![
        (
            vec![wav(&sound), newer.clone(), text("response_format", "srt")],
            "response_format 'srt' is not compatible with model 'gpt-4o-transcribe'. Use 'json' or 'text' instead.",
            "unsupported_value",
        ),
        (
            vec![wav(&sound), whisper.clone(), text("response_format", "diarized_json")],
            "is not compatible with model 'whisper-1'",
            "unsupported_value",
        ),
        (
            vec![file("file", "a.txt", "text/plain", b"x"), whisper.clone()],
            "Invalid file format. Supported formats: ['flac', 'm4a'",
            "",
        ),
        (
            vec![wav(b"RIFFnone"), whisper.clone()],
            "Audio file might be corrupted or unsupported",
            "invalid_value",
        ),
        (
            vec![wav(&short), whisper.clone()],
            "Audio file is too short. Minimum audio length is 0.1 seconds.",
            "audio_too_short",
        ),
        (vec![text("file", "a.wav"), whisper.clone()], "expected a file", "invalid_type"),
        (vec![whisper.clone()], "Missing required parameter: 'file'.", "missing_required_parameter"),
        (vec![wav(&sound)], "Missing required parameter: 'model'.", "missing_required_parameter"),
        (
            vec![wav(&sound), whisper.clone(), text("timestamp_granularities[]", "word")],
            "only supported with response_format 'verbose_json'",
            "invalid_value",
        ),
        (
            vec![wav(&sound), whisper, text("temperature", "hot")],
            "Invalid type for 'temperature'",
            "invalid_type",
        ),
    ];
    for (fields, message, code) in cases {
        let (status, error) = judged::refused(&operation, &post_form(&mocks, "openai", HEAR, &fields).await);
        assert_eq!(status, 400, "{error}");
        assert!(error["error"]["message"].as_str().unwrap().contains(message), "{error}");
        assert_eq!(error["error"]["code"].as_str().unwrap_or_default(), code, "{error}");
    }
    let large = vec![0; (25 << 20) + 1];
    let fields = [wav(&large), text("model", "whisper-1")];
    assert_eq!(judged::refused(&operation, &post_form(&mocks, "openai", HEAR, &fields).await).0, 413);
}

#[tokio::test]
async fn what_cannot_be_said_is_refused() {
    let mocks = mocks::start().await.unwrap();
    let speech = judged::operation("openai", "POST", SPEAK);
    for (more, param) in [
        (json!({ "voice": "loud" }), "voice"),
        (json!({ "model": "tts-1", "voice": "marin" }), "voice"),
        (json!({ "model": "tts-1", "stream_format": "sse" }), "stream_format"),
        (json!({ "response_format": "ogg" }), "response_format"),
        (json!({ "input": "" }), "input"),
    ] {
        let (status, error) = judged::refused(&speech, &spoken(&mocks, &more).await);
        assert_eq!((status, &error["error"]["param"]), (400, &json!(param)));
    }
}

#[tokio::test]
async fn azure_speaks_and_hears_by_deployment() {
    let mocks = mocks::start().await.unwrap();
    let version = "?api-version=2025-04-01-preview";
    let own = [("api-key", mocks.credentials().key("azure")), ("content-type", "application/json")];
    let body =
        json!({ "model": "gpt-4o-mini-tts", "input": WORDS, "voice": "coral", "response_format": "wav" });
    for path in
        [format!("/openai/deployments/speech/audio/speech{version}"), "/openai/v1/audio/speech".to_owned()]
    {
        let bytes = request("POST", &format!("/azure{path}"), &own, body.to_string().as_bytes());
        let got = exchange(&mocks, &bytes).await;
        assert_eq!((got.status, got.header("content-type")), (200, Some("audio/wav")));
        let classic = format!("/openai/deployments/whisper/audio/transcriptions{version}");
        let fields = [file("file", "a.wav", "audio/wav", &got.body), text("model", "whisper-1")];
        let heard = post_form(&mocks, "azure", &classic, &fields).await;
        assert_eq!(judged::whole(&judged::operation("azure", "POST", &classic), &heard)["text"], WORDS);
        let nothing = post_form(&mocks, "azure", &classic, &fields[1..]).await;
        assert_eq!(judged::refused(&judged::operation("azure", "POST", &classic), &nothing).0, 400);
    }
}
