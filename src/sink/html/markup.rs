//! HTML being written: what is not a literal of this program is escaped, always.

use super::super::escape::html;
use std::fmt::Display;

/// A growing piece of HTML or SVG.
#[derive(Default)]
pub struct Markup {
    out: String,
}

impl Markup {
    /// Markup out of this program's text.
    pub fn raw(&mut self, markup: &'static str) -> &mut Markup {
        self.out.push_str(markup);
        self
    }

    /// Text from anywhere.
    pub fn text(&mut self, text: &str) -> &mut Markup {
        html::push(&mut self.out, text);
        self
    }

    /// Something that spells itself: a number, a name.
    pub fn show(&mut self, value: impl Display) -> &mut Markup {
        self.text(&value.to_string())
    }

    /// ` name="value"`.
    pub fn attribute(&mut self, name: &'static str, value: impl Display) -> &mut Markup {
        self.raw(" ").raw(name).raw("=\"").show(value).raw("\"")
    }

    /// `<tag>text</tag>`.
    pub fn element(&mut self, tag: &'static str, text: &str) -> &mut Markup {
        self.raw("<").raw(tag).raw(">").text(text).raw("</").raw(tag).raw(">")
    }

    /// `<tag id="id">text</tag>`.
    pub fn element_with_id(&mut self, tag: &'static str, id: &str, text: &str) -> &mut Markup {
        self.raw("<").raw(tag).attribute("id", id).raw(">").text(text).raw("</").raw(tag).raw(">")
    }

    /// A square of the colour of a class of the style sheet, as legends have it.
    pub fn swatch(&mut self, class: &str) -> &mut Markup {
        self.raw(
            "<svg class=\"key\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect width=\"10\" height=\"10\"",
        );
        self.attribute("class", class).raw("/></svg> ")
    }

    /// The markup.
    pub fn finish(self) -> String {
        self.out
    }
}
