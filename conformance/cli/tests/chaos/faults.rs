//! What fails, and in which calls.

use std::fmt::Write as _;

use mocks::Mocks;
use mocks::script::{Cut, Event, Failure, Fault, How, Interruption, Kind, Match, Reply, Script, Stall};

/// The targets, in the order of the file.
pub(super) const PROVIDERS: [&str; 4] = ["openai", "anthropic", "mistral", "cohere"];
/// The route on which replies break off behind their beginning.
pub(super) const LATE: &str = "late";

/// What fails before a client sees any of it.
const EARLY: [&str; 13] = [
    "http-403",
    "http-404",
    "http-429",
    "http-500",
    "http-502",
    "http-503",
    "http-504",
    "closes",
    "resets",
    "head-only",
    "html",
    "empty",
    "nonsense",
];
/// And what takes its time.
const SILENT: &str = "silent";
/// What fails behind the first event of a stream. Of a whole reply nothing was seen then, so it is as good as the others.
const LATER: [&str; 3] = ["cut-later", "error-later", "nonsense-later"];

/// Whatever looks drawn: of each call the same, however often the test runs.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(route: &str, number: usize) -> Self {
        let start = route
            .bytes()
            .fold(number as u64 + 1, |state, byte| state.wrapping_mul(31).wrapping_add(byte.into()));
        Self(start.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Below `most`: splitmix64.
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % most as u64).expect("less than a usize")
    }

    fn of_these(&mut self, these: &[&'static str]) -> &'static str {
        these[self.below(these.len())]
    }
}

/// One call: its name, and what each provider does when it is asked.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) stream: bool,
    faults: [Option<&'static str>; 4],
}

impl Plan {
    fn new(route: &str, number: usize, chance: &mut Chance, faults: [Option<&'static str>; 4]) -> Self {
        Self { name: format!("{route}-{number}"), stream: chance.below(2) == 0, faults }
    }

    /// Each provider fails in one call of three; in one of a hundred all do. On one route, one is silent in one of three hundred.
    pub(super) fn any(route: &str, number: usize, chance: &mut Chance) -> Self {
        let hopeless = number % 100 == 99;
        let mut faults = [None; 4]
            .map(|_: Option<&str>| (hopeless || chance.below(3) == 0).then(|| chance.of_these(&EARLY)));
        if route == "round-robin" && number % 300 == 150 {
            faults[chance.below(4)] = Some(SILENT);
        }
        if !hopeless && faults.iter().all(Option::is_some) {
            faults[chance.below(4)] = None;
        }
        Self::new(route, number, chance, faults)
    }

    /// In one call of three, replies break off behind their beginning.
    pub(super) fn late(route: &str, number: usize, chance: &mut Chance) -> Self {
        let mut faults =
            [None; 4].map(|_: Option<&str>| (chance.below(3) == 0).then(|| chance.of_these(&LATER)));
        faults[chance.below(4)] = None;
        Self { stream: true, ..Self::new(route, number, chance, faults) }
    }

    /// Two are well, and fail in nothing; the others fail in everything.
    pub(super) fn phase(route: &str, number: usize, phase: usize, chance: &mut Chance) -> Self {
        let mut faults = [None; 4].map(|_: Option<&str>| Some(chance.of_these(&EARLY)));
        faults[phase % 4] = None;
        faults[(phase + 1) % 4] = None;
        Self::new(route, number, chance, faults)
    }

    /// What the call says: its name, and a marker for each provider that shall fail.
    pub(super) fn words(&self) -> String {
        let mut words = format!("I am {}.", self.name);
        for (provider, fault) in PROVIDERS.iter().zip(self.faults) {
            if let Some(fault) = fault {
                let _ = write!(words, " {}", marker(provider, fault));
            }
        }
        words.push_str(" Over.");
        words
    }

    /// Nobody can serve it.
    pub(super) fn is_hopeless(&self) -> bool {
        self.faults.iter().all(Option::is_some)
    }

    /// It may break off behind its beginning.
    pub(super) fn may_break(&self) -> bool {
        self.faults.iter().flatten().any(|fault| LATER.contains(fault))
    }
}

fn marker(provider: &str, fault: &str) -> String {
    format!("[{provider} {fault}]")
}

/// Tells the mocks what the markers mean.
pub(super) fn teach(mocks: &Mocks) {
    for provider in PROVIDERS {
        for fault in EARLY.into_iter().chain(LATER).chain([SILENT]) {
            let matching = Match {
                contains: Some(marker(provider, fault)),
                provider: Some(provider.to_owned()),
                ..Match::default()
            };
            mocks.add(Script { matching, replies: vec![reply(fault)] });
        }
    }
}

fn reply(fault: &str) -> Reply {
    if let Some(status) = fault.strip_prefix("http-") {
        let failure = Failure { status: status.parse().ok(), ..Failure::default() };
        // At once, or the target would be left alone, and with it calls that it could serve.
        let headers = ["retry-after", "retry-after-ms"].map(|name| (name.to_owned(), "0".to_owned()));
        return Reply { headers: headers.into(), ..Reply::error(failure) };
    }
    let cut =
        |how, after_byte| Fault { cut: Some(Cut { how, after_byte, after_event: None }), ..Fault::default() };
    let fault = match fault {
        "closes" => cut(How::Fin, None),
        "resets" => cut(How::Rst, None),
        "head-only" => cut(How::Fin, Some(0)),
        "html" => Fault { html: true, ..Fault::default() },
        "empty" => Fault { empty: true, ..Fault::default() },
        "nonsense" => Fault { malformed: Some(Event { event: 1 }), ..Fault::default() },
        "silent" => Fault { stall: Some(Stall::default()), ..Fault::default() },
        "cut-later" => {
            Fault { cut: Some(Cut { after_event: Some(4), ..Cut::default() }), ..Fault::default() }
        }
        "error-later" => {
            let error = Interruption { after_event: 4, kind: Some(Kind::Overloaded), message: None };
            Fault { error: Some(error), ..Fault::default() }
        }
        "nonsense-later" => Fault { malformed: Some(Event { event: 4 }), ..Fault::default() },
        other => unreachable!("{other} is no fault"),
    };
    Reply { fault: Some(fault), ..Reply::default() }
}
