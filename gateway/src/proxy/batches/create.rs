//! A batch is made of a file that is kept here: its lines are translated as live calls are.

use translate::batches::{self, Asked, Batch, Input, Step};
use translate::call::{Options, Target};

use super::{Proxy, Said, Talk, shown};
use crate::fault::Fault;
use crate::proxy::answer::Answer;
use crate::proxy::receive::now;
use crate::store::File;

/// A batch's body, where the first of its lines would have gone, and what none of them could carry.
struct Made {
    body: Vec<u8>,
    model: String,
    dropped: Vec<String>,
}

impl Proxy {
    pub(super) async fn create(&self, talk: &mut Talk<'_>, body: &[u8]) -> Result<Answer, Fault> {
        let asked = Asked::read(body)?;
        let owner = self.owner(talk)?;
        let file = self.commons.store.files.get(owner, &asked.input_file_id);
        let file = file.ok_or_else(|| Fault::Absent("File", shown(&asked.input_file_id)))?;
        let made = make(talk, &file, &asked)?;
        let filled = talk.backend.fill(talk.values)?;
        let options = Options { model: Some(&made.model), ..talk.backend.options(&filled) };
        let (method, target) = talk.dialect.target(Step::Create, &options)?;
        let target = Target { model: made.model.clone(), dropped: made.dropped, ..target };
        talk.record.go(talk.backend, &target, talk.values.head, &[])?;
        talk.record.request_model = Some(target.model.clone());
        talk.record.dropped = (!target.dropped.is_empty()).then(|| target.dropped.join(", "));
        let mut body = made.body;
        let kept = match talk.dialect.keeps_lines() {
            false => None,
            true => match self.keep_lines(talk, &mut body, &target.model).await? {
                Ok(kept) => Some(kept),
                Err(answer) => return Ok(answer),
            },
        };
        let said = self.ask(talk, method, &target, Some(&mut body)).await;
        if let (Some(kept), false) = (&kept, matches!(said, Ok(Said::Well(_)))) {
            self.drop_lines(talk, kept).await;
        }
        let reply = match said? {
            Said::Ill(answer) => return Ok(answer),
            Said::Well(reply) => reply,
        };
        let batch = match talk.dialect.made(&reply)? {
            None => talk.dialect.batch(&reply)?,
            Some(native) => Batch::new(native, now(), target.model.clone()),
        };
        self.commons.store.files.put_batch(owner, &batch.native, asked.clone());
        let answer = Answer::new(&target, talk.backend.prefix.as_deref());
        Ok(answer.whole(batch.body(&asked)))
    }
}

fn make(talk: &Talk<'_>, file: &File, asked: &Asked) -> Result<Made, Fault> {
    let filled = talk.backend.fill(talk.values)?;
    let options = talk.backend.options(&filled);
    let mut input = Input::new(talk.dialect, talk.backend.provider, options);
    let mut model = None;
    for line in batches::lines(&file.bytes, asked.endpoint())? {
        let target = input.push(&line)?;
        talk.backend.check(&target, &filled)?;
        talk.record.permit(talk.backend, &target, talk.values.head)?;
        model.get_or_insert(target.model);
    }
    let (body, dropped) = input.finish();
    Ok(Made { body, model: model.unwrap_or_default(), dropped })
}
