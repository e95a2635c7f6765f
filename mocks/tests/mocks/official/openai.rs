//! OpenAI's client.

use serde_json::json;

use super::venv::NEWEST;
use super::{nothing_is_strange, played, raised};

#[tokio::test]
async fn openais_client_understands_all() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("openai_chat.py", &mocks.url("openai")).await else { return };
    println!("{seen:#}");
    let usage = json!([20, 7, 27, 8, 3]);
    for manner in ["whole", "streamed"] {
        let seen = &seen[manner];
        assert_eq!((&seen["text"]["text"], &seen["text"]["finish"]), (&json!("Hello"), &json!("stop")));
        assert_eq!(seen["text"]["usage"], usage);
        let calls = json!([["call_1", "weather", "{\"city\":\"Paris\"}"], ["call_2", "now", "{}"]]);
        assert_eq!((&seen["calls"]["calls"], &seen["calls"]["finish"]), (&calls, &json!("tool_calls")));
        assert_eq!(seen["refusal"]["refusal"], "I can't");
    }
    assert!(seen["streamed"]["text"]["events"].as_array().unwrap().contains(&json!("content.done")));
    assert_eq!(seen["pieces"], json!(["Hel", "lo"]));
    let turn = &seen["own_turn_with_tools"];
    assert_eq!((&turn[0], &turn[1], &turn[2]), (&json!("tool_calls"), &json!("weather"), &json!("stop")));
    assert!(turn[3].as_str().unwrap().contains("clear sky"));
    assert_eq!((&seen["own_structured_answer"], &seen["models"]), (&json!(true), &json!(true)));

    let errors = &seen["errors"];
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&errors["server"], "InternalServerError", "APIStatusError", Some(500), "broken");
    raised(&errors["invalid"], "BadRequestError", "APIStatusError", Some(400), "temperature");
    raised(&errors["missing"], "NotFoundError", "APIStatusError", Some(404), "no such model");
    raised(&errors["key"], "AuthenticationError", "APIStatusError", Some(401), "Incorrect API key");
    raised(&errors["middle"], "APIError", "OpenAIError", None, "in the middle");
    raised(&errors["cut"], "APIConnectionError", "APIError", None, "Connection error");
    nothing_is_strange(&mocks, 1);
}

#[tokio::test]
async fn openais_client_understands_responses() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("openai_responses.py", &mocks.url("openai")).await else { return };
    println!("{seen:#}");
    for manner in ["whole", "streamed"] {
        let seen = &seen[manner];
        assert_eq!((&seen["text"]["text"], &seen["text"]["status"]), (&json!("Hello"), &json!("completed")));
        assert_eq!(seen["text"]["usage"], json!([20, 7, 27, 8, 3]));
        let calls = json!([["call_1", "weather", "{\"city\":\"Paris\"}"], ["call_2", "now", "{}"]]);
        assert_eq!(seen["calls"]["calls"], calls);
        assert_eq!(seen["refusal"]["refusals"], json!(["I can't"]));
        assert_eq!(seen["think"]["thoughts"], json!([[["Let me"], "c2ln"]]));
    }
    let events = seen["streamed"]["think"]["events"].as_array().unwrap();
    for kind in ["response.reasoning_summary_text.delta", "response.output_text.done", "response.completed"] {
        assert!(events.contains(&json!(kind)), "{events:?}");
    }
    let typed = &seen["typed_events"];
    assert_eq!(typed["deltas"], json!(["Hel", "lo"]));
    assert!(typed["numbers"].as_array().unwrap().iter().enumerate().all(|(at, number)| *number == at));
    assert!(
        typed["classes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|class| class.as_str().unwrap().starts_with("Response"))
    );
    assert_eq!(seen["structured"], json!([true, true]));
    let turn = &seen["tool_loop"];
    assert_eq!((&turn[0], &turn[2]), (&json!("function_call"), &json!(true)));
    assert!(turn[1].as_str().unwrap().contains("clear sky"));
    assert_eq!(seen["search"], json!(["web_search_call", "search", "url_citation"]));
    assert_eq!(seen["counted"], true);
    what_is_kept(&seen);

    let errors = &seen["errors"];
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&errors["server"], "InternalServerError", "APIStatusError", Some(500), "broken");
    raised(&errors["invalid"], "BadRequestError", "APIStatusError", Some(400), "temperature");
    raised(&errors["unanswered"], "BadRequestError", "APIStatusError", Some(400), "No tool output found");
    raised(&errors["middle"], "APIError", "OpenAIError", None, "in the middle");
    raised(&errors["cut"], "APIConnectionError", "APIError", None, "Connection error");
    nothing_is_strange(&mocks, 1);
}

fn what_is_kept(seen: &serde_json::Value) {
    let kept = &seen["kept"];
    assert_eq!(
        (&kept["same"], &kept["items"], &kept["deleted"]),
        (&json!(true), &json!(["[[text]]"]), &json!(true))
    );
    raised(&kept["gone"], "NotFoundError", "APIStatusError", Some(404), "not found");
    raised(&kept["unknown"], "BadRequestError", "APIStatusError", Some(400), "Previous response with id");
    let numbers: Vec<_> = (0..5).map(|number| format!("number {number}")).collect();
    assert_eq!(seen["pages"], json!(numbers));
    let background = &seen["background"];
    assert_eq!(background["states"], json!(["queued", "in_progress", "completed"]));
    assert_eq!(
        (&background["cancelled"], &background["queued"], &background["resumed"]),
        (&json!("cancelled"), &json!("response.queued"), &json!(true))
    );
    raised(&background["synchronous"], "BadRequestError", "APIStatusError", Some(400), "Cannot cancel");
}

#[tokio::test]
async fn openais_client_understands_images() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("openai_images.py", &mocks.url("openai")).await else { return };
    println!("{seen:#}");
    let made = &seen["generated"];
    assert_eq!(made["sizes"], json!([[1536, 1024], [1536, 1024]]));
    assert_eq!(made["told"], json!(["1536x1024", "low", "png", "opaque"]));
    assert_eq!(made["usage"], json!([2, 800, 802]));
    assert_eq!(seen["at_an_address"], json!([512, 512]));
    let (square, partial) = (json!([1024, 1024]), "ImageGenPartialImageEvent");
    assert_eq!(
        seen["streamed"],
        json!([[partial, square], [partial, square], ["ImageGenCompletedEvent", square]])
    );
    assert_eq!(seen["edited"], json!([square, ["ImageEditPartialImageEvent", "ImageEditCompletedEvent"]]));
    assert_eq!(seen["varied"], json!([square, square]));

    let errors = &seen["errors"];
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&errors["server"], "InternalServerError", "APIStatusError", Some(500), "broken");
    raised(&errors["invalid"], "BadRequestError", "APIStatusError", Some(400), "Supported values are");
    raised(&errors["middle"], "APIError", "OpenAIError", None, "in the middle");
    raised(&errors["mimetype"], "BadRequestError", "APIStatusError", Some(400), "unsupported mimetype");
    raised(&errors["cut"], "APIConnectionError", "APIError", None, "Connection error");
    nothing_is_strange(&mocks, 0);
}

#[tokio::test]
async fn openais_client_understands_audio() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("openai_audio.py", &mocks.url("openai")).await else { return };
    println!("{seen:#}");
    let words = "One two three four. Five six seven eight!";
    assert_eq!(
        (&seen["spoken"], &seen["streamed_speech"]),
        (&json!([2.0, 1]), &json!(["audio/pcm", 96_000]))
    );
    let heard = &seen["heard"];
    assert_eq!((&heard["json"], &heard["text"]), (&json!(words), &json!(format!("{words}\n"))));
    assert!(heard["srt"].as_str().unwrap().starts_with("1\n00:00:00,000 --> 00:00:01,000\n"));
    assert_eq!(heard["verbose"], json!([2.0, 8, [" One two three four.", " Five six seven eight!"]]));
    assert_eq!((&heard["tokens"], &heard["translated"]), (&json!("tokens"), &json!(words)));
    assert_eq!(seen["heard_as_a_stream"], json!([words, "transcript.text.done", true]));

    let errors = &seen["errors"];
    raised(&errors["rate"], "RateLimitError", "APIStatusError", Some(429), "slow down");
    raised(&errors["invalid"], "BadRequestError", "APIStatusError", Some(400), "not compatible with model");
    raised(&errors["format"], "BadRequestError", "APIStatusError", Some(400), "Invalid file format");
    // Those of scripts are heard instead of what was said.
    raised(&errors["middle"], "APIError", "OpenAIError", None, "in the middle");
    nothing_is_strange(&mocks, 0);
}

#[tokio::test]
async fn openais_client_leads_sessions() {
    let mocks = played().await;
    let Some(seen) = NEWEST.run("openai_realtime.py", &mocks.url("openai")).await else { return };
    println!("{seen:#}");
    let text = &seen["text"];
    assert_eq!((&text["modalities"], &text["status"]), (&json!(["text"]), &json!("completed")));
    assert!(text["said"].as_str().unwrap().contains("Hello"));
    assert_eq!((&text["call"], &text["counts"]), (&json!(["function_call", "weather"]), &json!(true)));
    assert!(text["answer"].as_str().unwrap().contains("a clear sky"));
    assert_eq!(text["strange"], json!([]), "events that the client has no type for");
    let voice = &seen["voice"];
    let kinds =
        ["speech_started", "speech_stopped", "committed"].map(|kind| format!("input_audio_buffer.{kind}"));
    assert_eq!(voice["kinds"], json!(kinds));
    assert_eq!(voice["milliseconds"].as_u64().unwrap(), voice["tokens"].as_u64().unwrap() * 50);
    let heard = "A sound of 600 milliseconds.";
    assert_eq!(seen["transcription"], json!(["transcription", "gpt-4o-transcribe", heard, "tokens", [], []]));
    assert_eq!(seen["refused"][1], 401);
}
