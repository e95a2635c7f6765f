//! [A file is uploaded](https://platform.openai.com/docs/api-reference/files/create): kept here for a batch, or handed on to the provider
//! in pieces as it comes. The last piece goes only when the form was right to its end, so a broken one leaves no file.

use http::header;
use tokio::time::timeout;
use translate::call::Target;
use translate::files::{self, File, Purpose, Step};

use super::super::batches::Said;
use super::super::{answer, headers, intake};
use super::reading::Reading;
use super::{Answer, Fault, Proxy, Source, Talk, refused};

/// What a form has said by its end: what the file is for, and what of the rest nobody is told.
struct Settled {
    purpose: Purpose,
    dropped: Vec<String>,
}

impl Proxy {
    pub(super) async fn upload(&self, talk: &mut Talk<'_>, source: &mut Source<'_>) -> Result<Answer, Fault> {
        let headers = &talk.values.head.headers;
        intake::check_coding(headers)?;
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(Fault::MediaType);
        }
        let (most, has_files) =
            (talk.backend.limit(self.limits.body_bytes), talk.backend.provider.has_files());
        let limit = if has_files { talk.backend.limit(self.limits.upload_bytes) } else { most };
        let mut reading = Reading::new(source.flow()?, kind, limit, talk.backend.timeouts.write)?;
        if has_files {
            reading.read(self.limits.piece_bytes).await?;
        }
        let known = reading.form.purpose()?;
        if has_files && known != Some(Purpose::Batch) && !(known.is_none() && reading.form.is_over()) {
            return self.hand_on(talk, &mut reading, known).await;
        }
        reading.narrow(most)?;
        let within = self.limits.body;
        timeout(within, reading.read(usize::MAX)).await.map_err(|_| Fault::SlowBody(within))??;
        let settled = settle(talk, &reading, Some(Purpose::Batch))?;
        if settled.purpose != Purpose::Batch {
            let message = "this provider has no files; the gateway keeps those whose purpose is 'batch'";
            return Err(refused("purpose", message));
        }
        let name = filename(&reading)?;
        let file = self.keep(talk, name, std::mem::take(&mut reading.content))?;
        Ok(told(talk, settled.dropped, &file))
    }

    /// Hands a file on to the provider. `known`: what it is for, if the form has said that already.
    async fn hand_on(
        &self,
        talk: &mut Talk<'_>,
        reading: &mut Reading<'_>,
        known: Option<Purpose>,
    ) -> Result<Answer, Fault> {
        // A name says what a file is for, and must be said first.
        let named = known.unwrap_or(Purpose::UserData);
        let is_here = reading.form.is_over();
        if is_here {
            settle(talk, reading, known)?;
        }
        let length = is_here.then_some(reading.content.len() as u64);
        let media_type = reading.form.file().map(|file| file.media_type.clone()).unwrap_or_default();
        let mut body = files::start(&files::new_name(named, &answer::letters()), &filename(reading)?);
        let step = Step::Start { media_type: &media_type, length };
        let (target, reply) = self.sent(talk, step, Some(&mut body), None).await?;
        let address = reply.head.value(files::ADDRESS).map(str::to_owned);
        if let Said::Ill(answer) = self.said(talk, &target, reply).await? {
            return Ok(answer);
        }
        let query = address.as_deref().and_then(files::upload_query).map(|query| without_keys(talk, query));
        let why = || "it has no address".to_owned();
        let query = query.ok_or_else(|| translate::Error::Malformed { what: "upload", why: why() })?;
        let sent = self.pieces(talk, reading, known, &query).await;
        if sent.is_err() {
            // Best as it may be: what nobody ends is none.
            let _ = self.sent(talk, Step::Cancel, None, Some(&query)).await;
        }
        sent
    }

    async fn pieces(
        &self,
        talk: &mut Talk<'_>,
        reading: &mut Reading<'_>,
        known: Option<Purpose>,
        query: &str,
    ) -> Result<Answer, Fault> {
        let most = self.limits.piece_bytes;
        let mut offset = 0;
        loop {
            reading.read(most).await?;
            let is_last = reading.form.is_over() && reading.content.len() <= most;
            let settled = is_last.then(|| settle(talk, reading, known)).transpose()?;
            let mut piece = reading.cut(most);
            let length = piece.len() as u64;
            let step = Step::Piece { offset, is_last };
            let (target, reply) = self.sent(talk, step, Some(&mut piece), Some(query)).await?;
            offset += length;
            match (self.said(talk, &target, reply).await?, settled) {
                (Said::Ill(answer), _) => return Ok(answer),
                (Said::Well(_), None) => {}
                (Said::Well(reply), Some(settled)) => {
                    let file = File { purpose: settled.purpose, ..File::uploaded(&reply)? };
                    return Ok(told(talk, settled.dropped, &file));
                }
            }
        }
    }
}

/// Holds a form that has ended to what it had to say. `known`: what was known of the file's purpose when its name was given.
fn settle(talk: &Talk<'_>, reading: &Reading<'_>, known: Option<Purpose>) -> Result<Settled, Fault> {
    let purpose = reading.form.purpose()?.ok_or_else(|| missing("purpose"))?;
    filename(reading)?;
    if purpose == Purpose::Batch && known.is_none() {
        let message =
            "a file for a batch is kept by the gateway: in a long form, say its purpose before the file";
        return Err(refused("purpose", message));
    }
    let mut dropped = reading.form.others();
    if known.is_none() && purpose != Purpose::UserData {
        dropped.push("purpose".to_owned());
    }
    if talk.backend.route.plugin.extensions.strict && !dropped.is_empty() {
        return Err(translate::Error::Dropped(dropped).into());
    }
    Ok(Settled { purpose, dropped })
}

fn filename(reading: &Reading<'_>) -> Result<String, Fault> {
    reading.form.file().map(|file| file.filename.clone()).ok_or_else(|| missing("file"))
}

fn missing(name: &str) -> Fault {
    refused(name, format!("Missing required parameter: '{name}'."))
}

/// What an upload goes by, without the key, which is added to each request.
fn without_keys(talk: &Talk<'_>, query: &str) -> String {
    let own = talk.backend.credentials.query_parameter();
    let name = |pair: &&str| pair.split('=').next().map(str::to_owned).unwrap_or_default();
    let is_key = |pair: &&str| headers::is_key(&name(pair)) || own == Some(&*name(pair));
    query.split('&').filter(|pair| !is_key(pair)).collect::<Vec<_>>().join("&")
}

fn told(talk: &mut Talk<'_>, dropped: Vec<String>, file: &File) -> Answer {
    talk.record.dropped = (!dropped.is_empty()).then(|| dropped.join(", "));
    let target = Target { dropped, ..Target::new("", String::new(), false) };
    Answer::new(&target, talk.backend.prefix.as_deref()).whole(file.body())
}
