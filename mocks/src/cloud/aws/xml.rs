//! XML as AWS's query services write it: two blanks a level, no declaration.

use std::fmt::Write as _;

/// What an element holds.
pub(super) enum Node {
    Text(String),
    Elements(Vec<(&'static str, Node)>),
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<const N: usize> From<[(&'static str, Node); N]> for Node {
    fn from(elements: [(&'static str, Node); N]) -> Self {
        Self::Elements(elements.into())
    }
}

/// A document whose outermost element has this name and this namespace.
pub(super) fn document(name: &str, namespace: &str, elements: &Node) -> String {
    let mut out = format!("<{name} xmlns=\"{namespace}\">\n");
    write(elements, 1, &mut out);
    let _ = writeln!(out, "</{name}>");
    out
}

/// The same without blanks, as S3 writes it.
pub(super) fn compact(name: &str, namespace: Option<&str>, elements: &Node) -> String {
    let namespace = namespace.map(|namespace| format!(" xmlns=\"{namespace}\"")).unwrap_or_default();
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name}{namespace}>");
    dense(elements, &mut out);
    let _ = write!(out, "</{name}>");
    out
}

fn dense(node: &Node, out: &mut String) {
    match node {
        Node::Text(text) => escape(text, out),
        Node::Elements(elements) => {
            for (name, node) in elements {
                let _ = write!(out, "<{name}>");
                dense(node, out);
                let _ = write!(out, "</{name}>");
            }
        }
    }
}

fn write(node: &Node, level: usize, out: &mut String) {
    match node {
        Node::Text(text) => escape(text, out),
        Node::Elements(elements) => {
            for (name, node) in elements {
                let _ = write!(out, "{:indent$}<{name}>", "", indent = level * 2);
                if let Node::Elements(_) = node {
                    out.push('\n');
                    write(node, level + 1, out);
                    let _ = write!(out, "{:indent$}", "", indent = level * 2);
                } else {
                    write(node, level, out);
                }
                let _ = writeln!(out, "</{name}>");
            }
        }
    }
}

/// What XML forbids becomes a question mark.
fn escape(text: &str, out: &mut String) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' | ' '.. => out.push(char),
            _ => out.push('?'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_indented_and_texts_escaped() {
        let inner = Node::from([("B", "1 < 2 & \"3\"\u{1}".into()), ("C", Node::Elements(Vec::new()))]);
        let written = document("A", "urn:x", &[("D", inner)].into());
        let expected = "<A xmlns=\"urn:x\">\n  <D>\n    <B>1 &lt; 2 &amp; &quot;3&quot;?</B>\n    <C>\n    </C>\n  </D>\n</A>\n";
        assert_eq!(written, expected);
    }
}
