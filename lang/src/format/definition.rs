//! What is defined with a body: closures, functions, classes.

use super::document::{Document, group, line, sequence};
use super::layout::Formatter;
use super::sequence::ListStyle;
use crate::syntax::ast::{Class, Closure, Function, NativeTypes, TypeName};
use crate::syntax::token::{Keyword, TokenKind};

impl<'text> Formatter<'text> {
    /// `|a, b| body`
    pub(super) fn closure(&mut self, closure: &Closure) -> Document<'text> {
        let mut parts = Vec::with_capacity(2 * closure.parameters.len() + 4);
        if self.at(TokenKind::OrOr) {
            parts.push(self.token());
        } else {
            parts.push(self.sign(TokenKind::Or));
            for index in 0..closure.parameters.len() {
                if index > 0 {
                    parts.extend([Document::Comma, Document::Space]);
                }
                parts.push(self.token());
            }
            parts.push(self.sign(TokenKind::Or));
        }
        parts.extend([Document::Space, self.expression(&closure.body)]);
        Document::Sequence(parts)
    }

    /// `fn name(a, b) { … }`
    pub(super) fn function(&mut self, function: &Function) -> Document<'text> {
        if let Some(types) = &function.native {
            return self.native_function(function, types);
        }
        let mut parts = vec![self.keyword(Keyword::Fn), Document::Space];
        if function.name.is_some() {
            parts.push(self.token());
        }
        parts.push(
            self.list(&function.parameters, ListStyle::default(), |formatter, _name| formatter.token()),
        );
        parts.extend([Document::Space, self.block(&function.body)]);
        group(Document::Sequence(parts))
    }

    /// `native fn name(a: i64, b: [f64]) -> f64 { … }`
    fn native_function(&mut self, function: &Function, types: &NativeTypes) -> Document<'text> {
        let mut parts = vec![self.sign(TokenKind::Name), Document::Space, self.keyword(Keyword::Fn)];
        parts.extend([Document::Space, self.token()]);
        parts.push(self.list(&types.parameters, ListStyle::default(), |formatter, ty| {
            let name = formatter.token();
            let colon = formatter.sign(TokenKind::Colon);
            sequence([name, colon, Document::Space, formatter.type_name(ty)])
        }));
        if let Some(result) = &types.result {
            parts.extend([Document::Space, self.sign(TokenKind::Minus), self.sign(TokenKind::Greater)]);
            parts.extend([Document::Space, self.type_name(result)]);
        }
        parts.extend([Document::Space, self.block(&function.body)]);
        group(Document::Sequence(parts))
    }

    fn type_name(&mut self, ty: &TypeName) -> Document<'text> {
        if !ty.is_vector {
            return self.token();
        }
        self.list(&[()], ListStyle::default(), |formatter, ()| formatter.token())
    }

    /// `class name : superclass { … }`: attributes stay beside each other, methods have their own lines.
    pub(super) fn class(&mut self, class: &Class) -> Document<'text> {
        let mut head = vec![self.keyword(Keyword::Class), Document::Space, self.token(), Document::Space];
        if class.superclass.is_some() {
            head.extend([self.sign(TokenKind::Colon), Document::Space, self.token(), Document::Space]);
        }
        head.push(self.sign(TokenKind::LeftBrace));
        let opening = Document::Sequence(head);
        let count = class.attributes.len() + class.methods.len();
        if count == 0 {
            return group(self.empty_brackets(opening));
        }
        let mut inside = Vec::with_capacity(2 * count);
        if class.methods.is_empty() {
            inside.extend(self.break_where_written());
        } else {
            inside.push(Document::Break);
        }
        inside.push(line(" "));
        let mut methods = class.methods.iter();
        let mut attribute_before = false;
        for index in 0..count {
            let method = self.at_keyword(Keyword::Fn).then(|| methods.next()).flatten();
            let beside = attribute_before && method.is_none() && !self.gap().line_ends;
            let ends =
                if beside { self.line(", ") } else { Document::Hard { blank: self.gap().begins_blank() } };
            let member = match method {
                Some(method) => self.function(method),
                None => self.token(),
            };
            match (index, beside) {
                (0, _) => inside.push(member),
                // Each line ending between attributes is for itself, so that a line is filled.
                (_, true) => inside.push(group(sequence([ends, member]))),
                (_, false) => inside.extend([ends, member]),
            }
            attribute_before = method.is_none();
        }
        group(self.closed(opening, inside, " "))
    }
}
