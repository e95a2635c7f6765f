//! Members of a request that mean something to some providers only, by name, as JSON.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Form, Part, as_json};
use crate::call::Losses;
use crate::json::Object;
use crate::openai::Members;

/// What a request says besides what is read of it. Each name stands once: what is said last counts.
#[derive(Debug, Default)]
pub(crate) struct Others<'a>(Vec<(String, Cow<'a, str>)>);

impl<'a> Others<'a> {
    /// The members of a body but those that are `read`.
    pub(crate) fn of_json(members: &Members<'a>, read: &[&str]) -> Self {
        let others = members.others(read).into_iter();
        Self(others.map(|member| (member.name.into_owned(), member.value.get().into())).collect())
    }

    /// The fields of a form but those that are `read`.
    pub(crate) fn of_form(form: &Form<'a>, read: &[&str]) -> Self {
        let own = form.0.iter().filter(|part| !part.is_file && !read.contains(&part.name.as_str()));
        let one = |part: &Part<'a>| {
            let text = String::from_utf8_lossy(part.content);
            Self(vec![(part.name.clone(), as_json(&text).into())])
        };
        own.fold(Self::default(), |others, part| others.and(one(part)))
    }

    /// These, and those that were said behind them.
    pub(crate) fn and(mut self, more: Self) -> Self {
        let names: HashSet<&str> = more.0.iter().map(|(name, _)| name.as_str()).collect();
        self.0.retain(|(name, _)| !names.contains(name.as_str()));
        self.0.extend(more.0);
        self
    }

    /// One of them, as JSON.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Notes all but those that a provider has.
    pub(crate) fn drop_but(&self, own: &[&str], losses: &mut Losses) {
        let foreign = self.0.iter().filter(|(name, _)| !own.contains(&name.as_str()));
        foreign.for_each(|(name, _)| losses.drop(name.as_str()));
    }

    /// Writes those that a provider has.
    pub(crate) fn put(&self, own: &[&str], object: &mut Object<'_>) {
        for (name, value) in self.0.iter().filter(|(name, _)| own.contains(&name.as_str())) {
            object.foreign(name).extend_from_slice(value.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(body: &'static str) -> Others<'static> {
        Others::of_json(&Members::of(body.as_bytes()).unwrap(), &["model"])
    }

    #[test]
    fn what_is_said_twice_is_written_once() {
        let others = members(r#"{"model":"m","seed":1,"fps":24}"#).and(members(r#"{"seed":7,"a":null}"#));
        assert_eq!((others.get("seed"), others.get("fps"), others.get("a")), (Some("7"), Some("24"), None));
        let mut out = Vec::new();
        others.put(&["fps", "seed"], &mut Object::new(&mut out));
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"fps":24,"seed":7}"#);
        let mut losses = Losses::default();
        others.drop_but(&["fps"], &mut losses);
        assert_eq!(losses.into_names(), ["seed"]);
        let part = |value| format!("--x\r\nContent-Disposition: form-data; name=seed\r\n\r\n{value}\r\n");
        let form = format!("{}{}--x--", part(1), part(2));
        let form = Form::read("multipart/form-data; boundary=x", form.as_bytes()).unwrap();
        assert_eq!(Others::of_form(&form, &[]).0, [("seed".to_owned(), "2".into())]);
    }
}
