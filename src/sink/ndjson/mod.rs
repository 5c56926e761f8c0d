//! One JSON object per event and line: flat dotted names become nested ECS objects, `@timestamp`
//! first, then by name.

mod plan;
mod value;

use super::output::Output;
use super::spare::Spare;
use super::{Kind, Needs, Render, Rendered, Sink, SinkContext, SinkError};
use crate::model::{Event, Shapes};
use crate::report::Report;
pub(super) use plan::Plan;
use std::io;
#[cfg(feature = "case")]
pub(super) use value::Writer as ValueWriter;
use value::Writer;

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "ndjson",
    doc: "One JSON object per event and line, nested ECS names.",
    rows: true,
    needs: Needs::Events,
    hashes: false,
    open,
};

fn open(path: Option<&str>, _: &SinkContext) -> Result<Box<dyn Sink>, SinkError> {
    Ok(Box::new(Ndjson { output: Output::open(path)?, spare: Spare::default() }))
}

struct Ndjson {
    output: Output,
    spare: Spare,
}

impl Sink for Ndjson {
    fn renderer(&self) -> Option<Box<dyn Render>> {
        Some(Box::new(Lines { spare: self.spare.clone(), ..Lines::default() }))
    }

    fn write(&mut self, rendered: Rendered) -> io::Result<()> {
        for (_, bytes) in rendered.parts {
            self.output.write(&bytes)?;
            self.spare.give(bytes);
        }
        Ok(())
    }

    fn close(self: Box<Self>, _: &Report) -> io::Result<()> {
        self.output.finish()
    }
}

/// Writes events as lines; keeps what it learned about the shapes of events.
#[derive(Debug, Default)]
pub struct Lines {
    plans: Shapes<Plan>,
    writer: Writer,
    // Size of the last block, so that the next one grows its buffer once.
    expect: usize,
    spare: Spare,
}

impl Lines {
    /// Appends one event with its line end.
    pub fn push(&mut self, out: &mut Vec<u8>, event: &Event<'_>) {
        let plan = self.plans.of(event, |event| Plan::new(&event.fields));
        for step in &plan.steps {
            out.extend_from_slice(plan.fragment(step));
            if let Some((_, value)) = event.fields.get(step.field) {
                self.writer.push(out, value);
            }
        }
        out.extend_from_slice(plan.tail());
    }
}

impl Render for Lines {
    fn render(&mut self, events: &[Event<'_>]) -> Rendered {
        if events.is_empty() {
            return Rendered::default();
        }
        let mut out = self.spare.take(self.expect);
        for event in events {
            self.push(&mut out, event);
        }
        self.expect = out.len() + out.len() / 8;
        Rendered { parts: vec![(0, out)] }
    }
}

#[cfg(test)]
mod tests;
