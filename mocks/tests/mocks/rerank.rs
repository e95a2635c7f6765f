//! Documents in order: Cohere's in both versions, Bedrock's, and Vertex AI Search's.

use mocks::Mocks;
use mocks::script::{Failure, Kind, Reply, Script, Vector};
use serde_json::{Value, json};

use crate::judged::{operation, post, refused, whole};

const QUERY: &str = "When does the ridge glow?";
const DOCUMENTS: [&str; 4] =
    ["Earnings rose.", "The ridge is far.", "The ridge does glow when it is dawn.", "A valley [[scripted]]"];
const VERTEX: &str = "/v1/projects/p/locations/global/rankingConfigs/default_ranking_config:rank";

/// A service: its mock, its document, its path, a request, and where replies have places and scores.
struct Service {
    mock: &'static str,
    document: &'static str,
    path: &'static str,
    body: fn(&[&str], Option<u64>) -> Value,
    ranked: fn(&Value) -> Vec<(u64, f64)>,
}

fn results(list: &Value, place: &str, score: &str) -> Vec<(u64, f64)> {
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap();
    let of = |result: &Value| (number(&result[place]), result[score].as_f64().unwrap());
    list.as_array().unwrap().iter().map(of).collect()
}

fn cohere(documents: &[&str], most: Option<u64>) -> Value {
    let mut body = json!({ "model": "rerank-v3.5", "query": QUERY, "documents": documents });
    if let Some(most) = most {
        body["top_n"] = most.into();
    }
    body
}

fn bedrock(documents: &[&str], most: Option<u64>) -> Value {
    let source = |text: &&str| json!({ "type": "INLINE", "inlineDocumentSource": { "type": "TEXT", "textDocument": { "text": text } } });
    let model = json!({ "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0" });
    let mut configuration = json!({ "modelConfiguration": model });
    if let Some(most) = most {
        configuration["numberOfResults"] = most.into();
    }
    json!({
        "queries": [{ "type": "TEXT", "textQuery": { "text": QUERY } }],
        "sources": documents.iter().map(source).collect::<Vec<_>>(),
        "rerankingConfiguration": { "type": "BEDROCK_RERANKING_MODEL", "bedrockRerankingConfiguration": configuration },
    })
}

fn vertex(documents: &[&str], most: Option<u64>) -> Value {
    let record = |(at, text): (usize, &&str)| json!({ "id": at.to_string(), "content": text });
    let records: Vec<Value> = documents.iter().enumerate().map(record).collect();
    let mut body = json!({ "model": "semantic-ranker-default@latest", "query": QUERY, "records": records });
    if let Some(most) = most {
        body["topN"] = most.into();
    }
    body
}

const SERVICES: [Service; 4] = [
    Service {
        mock: "cohere",
        document: "cohere",
        path: "/v2/rerank",
        body: cohere,
        ranked: |reply| results(&reply["results"], "index", "relevance_score"),
    },
    Service {
        mock: "cohere",
        document: "cohere",
        path: "/v1/rerank",
        body: cohere,
        ranked: |reply| results(&reply["results"], "index", "relevance_score"),
    },
    Service {
        mock: "bedrock",
        document: "bedrock-agent-runtime",
        path: "/rerank",
        body: bedrock,
        ranked: |reply| results(&reply["results"], "index", "relevanceScore"),
    },
    Service {
        mock: "vertex",
        document: "discoveryengine",
        path: VERTEX,
        body: vertex,
        ranked: |reply| results(&reply["records"], "id", "score"),
    },
];

impl Service {
    async fn ranked(&self, mocks: &Mocks, body: &Value) -> Vec<(u64, f64)> {
        let operation = operation(self.document, "POST", self.path);
        (self.ranked)(&whole(&operation, &post(mocks, self.mock, self.path, body).await))
    }
}

#[tokio::test]
async fn who_shares_words_with_the_question_comes_first_and_no_more_than_were_asked_for() {
    let mocks = mocks::start().await.unwrap();
    for service in &SERVICES {
        let ranked = service.ranked(&mocks, &(service.body)(&DOCUMENTS, None)).await;
        let places: Vec<u64> = ranked.iter().map(|(place, _)| *place).collect();
        assert_eq!(places[..2], [2, 1], "{}", service.path);
        assert!(ranked.len() == 4 && ranked.is_sorted_by(|one, other| one.1 >= other.1));
        assert!(ranked.iter().all(|(_, score)| (0.0..=1.0).contains(score)) && ranked[0].1 > 0.7);
        let two = service.ranked(&mocks, &(service.body)(&DOCUMENTS, Some(2))).await;
        assert_eq!(two, ranked[..2]);
    }
}

#[tokio::test]
async fn a_script_says_scores_and_errors() {
    let mocks = mocks::start().await.unwrap();
    let scores = Some(Vector(vec![0.25, 0.5]));
    mocks.add(Script::new("[[scripted]]", Reply { scores, ..Reply::default() }));
    for service in &SERVICES {
        let ranked = service.ranked(&mocks, &(service.body)(&DOCUMENTS, None)).await;
        assert_eq!(ranked[1..3], [(1, 0.5), (0, 0.25)], "{}", service.path);
    }
    mocks.reset();
    mocks.add(Script::new("[[scripted]]", Reply::error(Failure::new(Kind::RateLimit, "slow down"))));
    for service in &SERVICES {
        let operation = operation(service.document, "POST", service.path);
        let reply = post(&mocks, service.mock, service.path, &(service.body)(&DOCUMENTS, None)).await;
        let (status, body) = refused(&operation, &reply);
        assert!(status == 429 && body.to_string().contains("slow down"), "{body}");
    }
}

#[tokio::test]
async fn cohere_tells_what_it_costs_and_in_version_1_gives_documents_back() {
    let mocks = mocks::start().await.unwrap();
    let reply = post(&mocks, "cohere", "/v2/rerank", &cohere(&["a"; 101], None)).await.json();
    assert_eq!(
        reply["meta"],
        json!({ "api_version": { "version": "2" }, "billed_units": { "search_units": 2 } })
    );
    assert!(reply["results"][0].get("document").is_none() && reply["id"].is_string());

    let older = operation("cohere", "POST", "/v1/rerank");
    let documents = json!([{ "title": "Ridge", "text": "It glows." }, "The ridge"]);
    let body = json!({ "query": "ridge", "documents": documents, "rank_fields": ["title"], "return_documents": true });
    let reply = whole(&older, &post(&mocks, "cohere", "/v1/rerank", &body).await);
    let first = &reply["results"][0];
    assert_eq!((&first["index"], &first["document"]), (&json!(0), &documents[0]));
    assert_eq!(reply["results"][1]["document"], json!({ "text": "The ridge" }));
    assert_eq!(reply["meta"]["api_version"]["version"], "1");
}

#[tokio::test]
async fn bedrock_gives_documents_back_and_reads_json_too() {
    let mocks = mocks::start().await.unwrap();
    let mut body = bedrock(&DOCUMENTS, None);
    let document = json!({ "type": "JSON", "jsonDocument": { "text": "When does the ridge glow?" } });
    body["sources"][0]["inlineDocumentSource"] = document.clone();
    let reply = post(&mocks, "bedrock", "/rerank", &body).await.json();
    assert_eq!((&reply["results"][0]["index"], &reply["results"][0]["document"]), (&json!(0), &document));
}

#[tokio::test]
async fn vertex_leaves_details_out_where_none_are_wanted() {
    let mocks = mocks::start().await.unwrap();
    let mut body = vertex(&DOCUMENTS, Some(1));
    let reply = post(&mocks, "vertex", VERTEX, &body).await.json();
    assert_eq!(reply["records"][0]["content"], DOCUMENTS[2]);
    body["ignoreRecordDetailsInResponse"] = true.into();
    let reply = post(&mocks, "vertex", VERTEX, &body).await.json();
    let names: Vec<_> = reply["records"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "score"]);
}

#[tokio::test]
async fn what_cannot_be_ranked_is_refused_in_the_services_words() {
    let mocks = mocks::start().await.unwrap();
    let no_text = json!({ "type": "TEXT", "jsonDocument": {} });
    let mut untyped = bedrock(&DOCUMENTS, None);
    untyped["sources"][1]["inlineDocumentSource"] = no_text;
    let mut strange = bedrock(&DOCUMENTS, None);
    strange["topN"] = 1.into();
    let many = ["a"; 201];
    let fields = json!({ "query": "x", "documents": [{ "title": "a" }] });
    for (service, body, status, message) in [
        (&SERVICES[0], cohere(&[], None), 400, "invalid request: list of documents must not be empty"),
        (&SERVICES[0], json!({ "query": "x", "documents": ["a"] }), 400, "model"),
        (&SERVICES[0], cohere(&["a"], Some(0)), 400, "top_n"),
        (&SERVICES[1], fields, 400, "rank fields"),
        (
            &SERVICES[2],
            bedrock(&[], None),
            400,
            "at 'sources' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (&SERVICES[2], untyped, 400, "Value null at 'sources.2.member.inlineDocumentSource.textDocument'"),
        (&SERVICES[2], strange, 400, "extraneous key [topN] is not permitted"),
        (&SERVICES[3], vertex(&many, None), 400, "records"),
        (&SERVICES[3], json!({ "query": "x", "records": [{ "id": "1" }] }), 400, "title and content"),
    ] {
        let operation = operation(service.document, "POST", service.path);
        let (found, error) = refused(&operation, &post(&mocks, service.mock, service.path, &body).await);
        assert!(found == status && error.to_string().contains(message), "{found} {error}");
    }
}

#[tokio::test]
async fn the_agents_runtime_fails_with_exceptions_of_its_own() {
    let mocks = mocks::start().await.unwrap();
    for (kind, status, name) in [
        (Kind::Conflict, 409, "ConflictException"),
        (Kind::Model, 424, "DependencyFailedException"),
        (Kind::Timeout, 424, "DependencyFailedException"),
        (Kind::Quota, 400, "ServiceQuotaExceededException"),
        (Kind::Server, 500, "InternalServerException"),
        (Kind::Overloaded, 502, "BadGatewayException"),
        (Kind::Permission, 403, "AccessDeniedException"),
        (Kind::NotFound, 404, "ResourceNotFoundException"),
    ] {
        let failure = Failure { kind: Some(kind), ..Failure::default() };
        mocks.add(Script::new("[[scripted]]", Reply::error(failure)));
        let reply = post(&mocks, "bedrock", "/rerank", &bedrock(&DOCUMENTS, None)).await;
        let (found, _) = refused(&operation("bedrock-agent-runtime", "POST", "/rerank"), &reply);
        let thrown = reply.header("x-amzn-errortype").unwrap().split(':').next().unwrap();
        assert_eq!((found, thrown), (status, name));
    }
}
