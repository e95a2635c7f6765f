//! Clients at once, clients that leave, and what must not cross over.

use serde_json::json;

use super::{Change, Mutant, Wire};

pub(super) const TABLE: &[Mutant] = &[
    Mutant {
        id: "mixes-clients",
        requirement: "chat.client.parallel-apart",
        breaks: "Of several calls at once each client gets the reply of another.",
        plays: &["chat.clients.parallel-whole@openai.chat/openai/whole"],
        changes: &[Change::Wire(Wire::Mix)],
    },
    Mutant {
        id: "reads-on-alone",
        requirement: "chat.client.disconnect-cancels",
        breaks: "The provider's stream is read to its end though the client is gone.",
        plays: &["chat.clients.gone@openai.chat/openai/stream"],
        changes: &[Change::Wire(Wire::Greedy)],
    },
    Mutant {
        id: "reads-ahead",
        requirement: "chat.client.back-pressure",
        breaks: "The whole stream is read into memory while the client does not read.",
        plays: &["chat.clients.slow@openai.chat/openai/stream"],
        changes: &[Change::Wire(Wire::Greedy)],
    },
    Mutant {
        id: "leaks-key",
        requirement: "chat.security.upstream-key-hidden",
        breaks: "The provider's key stands in a header of the reply.",
        plays: &["chat.text.plain@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| {
            reply.set("x-upstream-authorization", mocks::Credentials::default().key("openai"));
        })],
    },
    Mutant {
        id: "passes-client-key",
        requirement: "chat.security.client-key-kept",
        breaks: "The client's own key goes on to the provider.",
        plays: &["chat.text.plain@openai.chat/openai/whole"],
        changes: &[Change::Upstream(|request| request.set("x-client-key", crate::client::KEY))],
    },
    Mutant {
        id: "passes-cookies",
        requirement: "chat.security.no-cookies",
        breaks: "The provider's cookie reaches the client.",
        plays: &["chat.clients.cookies@openai.chat/openai/whole"],
        changes: &[Change::Reply(|reply| reply.set("set-cookie", "session=provider; Path=/"))],
    },
    Mutant {
        id: "obeys-in-models",
        requirement: "chat.security.model-locked",
        breaks: "The client's choice of a model reaches the provider.",
        plays: &["chat.clients.other-model@openai.chat/openai/whole"],
        changes: &[
            Change::Request(|request| request.forget("model")),
            Change::Upstream(|request| request.json(|body| body["model"] = json!("the-most-expensive-one"))),
        ],
    },
];
