//! Whatever a script says in blocks arrives, in each provider's words.

use mocks::script::{Block, Pieces, Reasoning, Reply, Script, ToolCall};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest};

use super::question;
use crate::client::chat;
use crate::fold;
use crate::replies::violations;

fn pieces() -> impl Strategy<Value = Pieces> {
    vec("[a-z\"\\\\\u{0}-\u{1f}é漢🎉]{0,6}", 0..5).prop_map(Pieces)
}

fn arguments() -> impl Strategy<Value = Pieces> {
    let objects = prop_oneof![
        Just("{}".to_owned()),
        Just("{\"n\":12345678901234567890,\"f\":1.10}".to_owned()),
        any::<i32>().prop_map(|number| format!("{{\"a\":[{number},\"🎉\\u00e9\\n\"],\"b\":{{}}}}")),
    ];
    (objects, 1..9_usize).prop_map(|(text, size)| {
        let chars: Vec<char> = text.chars().collect();
        Pieces(chars.chunks(size).map(|chunk| chunk.iter().collect()).collect())
    })
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let reasoning = (pieces(), any::<bool>()).prop_map(|(text, redacted)| {
        let redacted = redacted.then(|| "aGlkZGVu".to_owned());
        Block::Reasoning(Reasoning { text, signature: Some("c2ln".into()), redacted })
    });
    let call = (arguments(), 0..1_000_u32).prop_map(|(arguments, number)| {
        Block::ToolCall(ToolCall { id: Some(format!("id_{number}")), name: "f".into(), arguments })
    });
    let block =
        prop_oneof![pieces().prop_map(Block::Text), reasoning, call, pieces().prop_map(Block::Refusal)];
    vec(block, 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_script_says_is_what_arrives(blocks in blocks()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mocks = mocks::start().await.unwrap();
            mocks.add(Script::new("[[law]]", Reply { content: Some(blocks.clone()), ..Reply::default() }));
            for provider in crate::TEXT {
                for stream in [false, true] {
                    let seen = chat(&mocks, provider, &question(provider, "[[law]]", stream)).await;
                    prop_assert_eq!(violations(provider, None, &seen, stream), Vec::<String>::new(), "{}", seen.text());
                    let said = if stream { fold::stream(provider, &seen) } else { fold::whole(provider, &seen) };
                    let wanted = meant(provider, &blocks);
                    prop_assert_eq!(&said[0].text, &wanted.text);
                    prop_assert_eq!(&said[0].refusal, &wanted.refusal);
                    prop_assert_eq!(&said[0].thought, &wanted.thought);
                    prop_assert_eq!(&said[0].calls, &wanted.calls);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_script_survives_json_and_yaml(blocks in blocks()) {
        let script = Script::new("[[x]]", Reply { content: Some(blocks), ..Reply::default() });
        let json = serde_json::to_string(&script).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Script>(&json).unwrap(), &script);
        let yaml = serde_saphyr::to_string(&script).unwrap();
        prop_assert_eq!(&serde_saphyr::from_str::<Script>(&yaml).unwrap(), &script);
    }
}

/// What the blocks mean to a client of this provider: OpenAI's chat shows no thoughts, Anthropic says refusals as text.
fn meant(provider: &str, blocks: &[Block]) -> fold::Said {
    let mut said = fold::Said::default();
    for block in blocks {
        match block {
            Block::Text(text) => said.text += &text.join(),
            Block::Refusal(text) if provider == "openai" => said.refusal += &text.join(),
            Block::Refusal(text) => said.text += &text.join(),
            Block::Reasoning(_) if provider == "openai" => {}
            Block::Reasoning(Reasoning { redacted: Some(data), .. }) => said.thought += data,
            Block::Reasoning(thought) => said.thought += &format!("{}|c2ln", thought.text.join()),
            Block::ToolCall(call) => {
                let input = serde_json::from_str(&call.arguments.join()).unwrap();
                said.calls.push((call.id.clone().unwrap(), call.name.clone(), input));
            }
        }
    }
    said
}
