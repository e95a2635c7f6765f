//! Vectors on their way to the client, with one thing wrong, or broken and told as if they were not.

use serde_json::json;

use super::alike::{
    BAD_SUM, BLAMED, GREEDY, HANG, MIX, NO_CODE, NO_MODEL, NO_TIMEOUT, NO_USAGE, OTHER_OBJECT, OWN_COUNT,
    TEXT, UNENDED,
};
use super::{Change, Mutant};

const PLAIN: &[&str] = &["embeddings.vectors.one@*/openai/whole"];
const BATCH: &[&str] = &["embeddings.inputs.batch@*/openai/whole"];
const CUT: &[&str] = &["embeddings.faults.cut@*/openai/whole"];

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "breaks-off-vectors",
        requirement: "embeddings.reply.ok",
        breaks: "The connection breaks after the last byte, before the body is complete.",
        plays: PLAIN,
        changes: UNENDED,
    },
    Mutant {
        id: "calls-vectors-text",
        requirement: "embeddings.reply.content-type",
        breaks: "The reply is text/plain.",
        plays: PLAIN,
        changes: TEXT,
    },
    Mutant {
        id: "is-no-list",
        requirement: "embeddings.reply.schema",
        breaks: "The reply says that it is a chat.completion.",
        plays: PLAIN,
        changes: OTHER_OBJECT,
    },
    Mutant {
        id: "makes-length-one",
        requirement: "embeddings.reply.vectors",
        breaks: "Vectors are made as long as 1, though the provider's are not.",
        plays: PLAIN,
        changes: &[Change::Reply(|reply| {
            reply.vectors(|vectors| {
                for number in
                    vectors.iter_mut().filter_map(|vector| vector["embedding"].as_array_mut()).flatten()
                {
                    *number = json!(number.as_f64().unwrap_or_default() * 1.25);
                }
            });
        })],
    },
    Mutant {
        id: "rounds-to-six-digits",
        requirement: "embeddings.reply.precision",
        breaks: "Numbers are rounded to six digits after the point.",
        plays: &["embeddings.vectors.precision@*/ollama/whole"],
        changes: &[Change::Reply(|reply| {
            reply.vectors(|vectors| {
                for number in
                    vectors.iter_mut().filter_map(|vector| vector["embedding"].as_array_mut()).flatten()
                {
                    *number = json!((number.as_f64().unwrap_or_default() * 1e6).round() / 1e6);
                }
            });
        })],
    },
    Mutant {
        id: "embeds-the-first-only",
        requirement: "embeddings.reply.count",
        breaks: "One vector is given for several inputs.",
        plays: BATCH,
        changes: &[Change::Reply(|reply| reply.vectors(|vectors| vectors.truncate(1)))],
    },
    Mutant {
        id: "numbers-nothing",
        requirement: "embeddings.reply.index",
        breaks: "Every vector has the index 0.",
        plays: BATCH,
        changes: &[Change::Reply(|reply| {
            reply.vectors(|vectors| vectors.iter_mut().for_each(|vector| vector["index"] = json!(0)));
        })],
    },
    Mutant {
        id: "wraps-the-inputs",
        requirement: "embeddings.reply.index",
        breaks: "Several texts are sent as the provider takes none, and its refusal of that is handed on.",
        plays: &["embeddings.inputs.several@*/openai/whole"],
        changes: &[Change::Upstream(|request| {
            request.json(|body| body["input"] = json!({ "texts": body["input"].take() }));
        })],
    },
    Mutant {
        id: "always-base64",
        requirement: "embeddings.reply.floats",
        breaks: "Vectors are base64, though nobody asked for it.",
        plays: PLAIN,
        changes: &[Change::Request(|request| request.json(|body| body["encoding_format"] = json!("base64")))],
    },
    Mutant {
        id: "never-base64",
        requirement: "embeddings.reply.base64",
        breaks: "Vectors are numbers, though base64 was asked for.",
        plays: &["embeddings.vectors.base64@*/gemini/whole"],
        changes: &[Change::Request(|request| request.forget("encoding_format"))],
    },
    Mutant {
        id: "cuts-vectors",
        requirement: "embeddings.reply.dimensions",
        breaks: "Vectors are one number short of what was asked for.",
        plays: &["embeddings.vectors.dimensions@*/gemini/whole"],
        changes: &[Change::Reply(|reply| {
            reply.vectors(|vectors| {
                vectors.iter_mut().for_each(|vector| drop(vector["embedding"].as_array_mut().map(Vec::pop)));
            });
        })],
    },
    Mutant {
        id: "vectors-have-no-model",
        requirement: "embeddings.reply.model",
        breaks: "The name of the model is empty.",
        plays: PLAIN,
        changes: NO_MODEL,
    },
    Mutant {
        id: "counts-nothing-of-vectors",
        requirement: "embeddings.usage.present",
        breaks: "There is no usage.",
        plays: PLAIN,
        changes: NO_USAGE,
    },
    Mutant {
        id: "counts-inputs-by-itself",
        requirement: "embeddings.usage.prompt",
        breaks: "prompt_tokens is a number of the gateway's own.",
        plays: &["embeddings.vectors.one@*/ollama/whole"],
        changes: OWN_COUNT,
    },
    Mutant {
        id: "adds-up-vectors-wrongly",
        requirement: "embeddings.usage.total",
        breaks: "total_tokens is one too many.",
        plays: PLAIN,
        changes: BAD_SUM,
    },
    Mutant {
        id: "hides-broken-vectors",
        requirement: "embeddings.fault.visible",
        breaks: "A reply that was cut is told as a success.",
        plays: CUT,
        changes: &[Change::Reply(|reply| reply.status = 200)],
    },
    Mutant {
        id: "break-of-vectors-without-code",
        requirement: "embeddings.fault.error-object",
        breaks: "The error of a broken reply lacks code.",
        plays: CUT,
        changes: NO_CODE,
    },
    Mutant {
        id: "saves-what-there-is",
        requirement: "embeddings.fault.no-vectors",
        breaks: "Of a vector that was cut the client gets the beginning.",
        plays: CUT,
        changes: &[Change::Reply(|reply| {
            reply.status = 200;
            let vector = json!({"object": "embedding", "index": 0, "embedding": [0.1, 0.2]});
            reply.json(|body| *body = json!({"object": "list", "model": "m", "data": [vector]}));
        })],
    },
    Mutant {
        id: "leaves-vectors-waiting",
        requirement: "embeddings.fault.prompt",
        breaks: "A reply that was cut never ends for the client.",
        plays: CUT,
        changes: HANG,
    },
    Mutant {
        id: "calls-silence-a-bad-vector",
        requirement: "embeddings.fault.timeout-status",
        breaks: "A provider that is silent is a 502.",
        plays: &["embeddings.faults.silent@*/openai/whole"],
        changes: NO_TIMEOUT,
    },
    Mutant {
        id: "keeps-the-silent-line-of-vectors",
        requirement: "embeddings.fault.stall-cancelled",
        breaks: "The connection to a provider that fell silent stays open.",
        plays: &["embeddings.faults.silent-in-body@*/openai/whole"],
        changes: GREEDY,
    },
    Mutant {
        id: "blames-the-client-for-vectors",
        requirement: "embeddings.fault.bad-gateway",
        breaks: "A provider's answer that is no answer is a 400.",
        plays: &["embeddings.faults.html@*/openai/whole"],
        changes: BLAMED,
    },
    Mutant {
        id: "mixes-vectors",
        requirement: "embeddings.client.parallel-apart",
        breaks: "Of several calls at once each client gets the reply of another.",
        plays: &["embeddings.clients.parallel@*/openai/whole"],
        changes: MIX,
    },
];
