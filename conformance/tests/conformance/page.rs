//! `gateways/README.md` says what is so: its pieces of `LiteLLM`'s profile are the whole of it, and no member is left out.

use std::path::Path;

use conformance::gateway::Profile;
use serde_json::Value;

const GATEWAYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/gateways");
/// Before a piece: `<!-- litellm/profile.yaml: jobs, headers -->`.
const MARK: &str = "<!-- litellm/profile.yaml: ";

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(GATEWAYS).join(name)).expect(name)
}

/// The profile in pieces: each begins with a member, or with the comments right before it.
fn pieces(profile: &str) -> Vec<(String, String)> {
    let is_member =
        |line: &str| line.starts_with(|first: char| first.is_ascii_alphabetic()) && line.contains(':');
    let mut pieces: Vec<(String, String)> = Vec::new();
    let mut comments = String::new();
    for line in profile.lines() {
        if line.starts_with('#') {
            comments.push_str(line);
            comments.push('\n');
        } else if is_member(line) {
            let member = line.split(':').next().unwrap_or_default().to_owned();
            pieces.push((member, format!("{}{line}\n", std::mem::take(&mut comments))));
        } else if let Some((_, piece)) = pieces.last_mut() {
            piece.push_str(&std::mem::take(&mut comments));
            piece.push_str(line);
            piece.push('\n');
        }
    }
    pieces
}

/// The page with each piece as it is now, and the members that it shows.
fn filled(page: &str, profile: &str) -> (String, Vec<String>) {
    let pieces = pieces(profile);
    let (mut out, mut shown) = (String::new(), Vec::new());
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(names) = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        out.push_str("```yaml\n");
        let mut text = String::new();
        for name in names.split(", ") {
            let (_, piece) =
                pieces.iter().find(|(member, _)| member == name).unwrap_or_else(|| panic!("no `{name}`"));
            text.push_str(piece);
            shown.push(name.to_owned());
        }
        out.push_str(text.trim());
        out.push_str("\n```\n");
        // What stood there.
        while lines.peek().is_some_and(|line| line.is_empty()) {
            lines.next();
        }
        if lines.peek().is_some_and(|line| line.starts_with("```yaml")) {
            lines.by_ref().find(|line| *line == "```");
        }
        if lines.peek().is_some_and(|line| !line.is_empty()) {
            out.push('\n');
        }
    }
    (out, shown)
}

#[test]
fn the_worked_example_is_the_whole_of_the_profile() {
    let (page, profile) = (read("README.md"), read("litellm/profile.yaml"));
    let (now, shown) = filled(&page, &profile);
    if std::env::var_os("UPDATE_PAGE").is_some() {
        std::fs::write(Path::new(GATEWAYS).join("README.md"), &now).expect("written");
    }
    let fresh = read("README.md");
    assert!(fresh == now, "gateways/README.md is stale: UPDATE_PAGE=1 cargo test -p conformance page");
    // One comes with the other: `kind` is a line by itself.
    let all: Vec<_> = pieces(&profile).into_iter().map(|(member, _)| member).collect();
    assert_eq!(shown, all, "each member once, in order");
}

#[test]
fn a_piece_that_is_not_the_profile_s_is_noticed() {
    let profile = "# What.\nkind: A\n\nrender:\n  # b\n  - c\n";
    let page = format!("{MARK}kind -->\n```yaml\n# What.\nkind: A\n```\n\n{MARK}render -->\n\nend\n");
    let (now, shown) = filled(&page, profile);
    assert_eq!(shown, ["kind", "render"]);
    assert_eq!(
        now,
        format!(
            "{MARK}kind -->\n```yaml\n# What.\nkind: A\n```\n\n{MARK}render -->\n```yaml\nrender:\n  # b\n  - c\n```\n\nend\n"
        )
    );
    assert_eq!(filled(&now, profile).0, now);
    assert_ne!(filled(&now, &profile.replace("- c", "- d")).0, now);
}

/// Names of the members of an object, of its objects and of the first of its lists.
fn members(value: &Value, found: &mut Vec<String>) {
    if let Value::Object(object) = value {
        for (name, value) in object {
            found.push(name.clone());
            // What is below these has names of somebody's own.
            if !["headers", "env", "request", "expected"].contains(&name.as_str()) {
                members(value.get(0).unwrap_or(value), found);
            }
        }
    }
}

#[test]
fn the_page_has_every_member_and_every_bundled_profile() {
    let page = read("README.md");
    let mut found = Vec::new();
    for name in Profile::bundled() {
        assert!(page.contains(&format!("[`{name}`]({name})")), "{name} is not in the table");
        let profile = Profile::load(name).expect(name);
        members(&serde_json::to_value(&profile).expect("JSON"), &mut found);
    }
    let missing: Vec<_> = found.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not in the table of members: {missing:?}");
}
