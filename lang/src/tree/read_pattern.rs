//! What each node of a pattern must hold.

use rps_runtime::Value;

use super::mistake::{Place, bad_tree};
use super::nodes::Node;
use super::read::{NOWHERE, Part, Reader, Result};
use crate::syntax::ast::{Pattern, PatternKind as P};

/// Where a pattern stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Anywhere that has no other name here.
    Any,
    /// In a tuple, where a rest may stand.
    Tuple,
    /// Before the class that it must be an instance of, where no brackets can be written.
    Instance,
}

impl Reader<'_, '_> {
    /// Reads the attribute `pattern` of a node.
    pub(super) fn pattern(&mut self, part: Part) -> Result<Pattern> {
        let (value, place) = self.attribute(part, "pattern")?;
        self.pattern_at(value, place, At::Any)
    }

    fn pattern_at(&mut self, value: Value, place: Place, at: At) -> Result<Pattern> {
        let kind = self.nested(value, place, "a pattern", |reader, part| {
            let belongs = match part.node {
                Node::RestPattern => at == At::Tuple,
                Node::InstancePattern | Node::AlternativesPattern => at != At::Instance,
                _ => true,
            };
            if belongs {
                return reader.pattern_kind(part, place);
            }
            let message = format!("{place} can not be a `{}` here", part.node.name());
            Err(bad_tree(message, None))
        })?;
        Ok(Pattern { span: NOWHERE, kind })
    }

    fn pattern_kind(&mut self, part: Part, place: Place) -> Result<P> {
        match part.node {
            Node::WildcardPattern => Ok(P::Wildcard),
            Node::BindPattern => self.name(part, "name").map(P::Bind),
            Node::LiteralPattern => {
                let (value, place) = self.attribute(part, "value")?;
                let (negative, literal) = self.literal_of(value, place)?;
                Ok(P::Literal { negative, literal })
            }
            Node::OidPattern => self.oid(part).map(P::Oid),
            Node::InstancePattern => {
                let (value, place) = self.attribute(part, "pattern")?;
                let pattern = Box::new(self.pattern_at(value, place, At::Instance)?);
                Ok(P::Instance { pattern, class: self.member(part, "of_class")? })
            }
            Node::TuplePattern => self.tuple_pattern(part, place),
            Node::RestPattern => self.optional_name(part, "name").map(P::Rest),
            Node::AlternativesPattern => self.alternatives(part, place),
            _ => Err(bad_tree(format!("{place} must be a pattern, not a `{}`", part.node.name()), None)),
        }
    }

    fn tuple_pattern(&mut self, part: Part, place: Place) -> Result<P> {
        let patterns = self.each(part, "patterns", "a tuple of patterns", |reader, value, place| {
            reader.pattern_at(value, place, At::Tuple)
        })?;
        if patterns.iter().filter(|pattern| matches!(pattern.kind, P::Rest(_))).count() > 1 {
            let message = format!("{place} has two `code_rest_pattern`s, and one can stand in a tuple");
            return Err(bad_tree(message, None));
        }
        Ok(P::Tuple(patterns))
    }

    fn alternatives(&mut self, part: Part, place: Place) -> Result<P> {
        let patterns = self.each(part, "patterns", "a tuple of patterns", |reader, value, place| {
            reader.pattern_at(value, place, At::Any)
        })?;
        // Alternatives of alternatives are alternatives.
        let mut all = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            match pattern.kind {
                P::Alternatives(inner) => all.extend(inner),
                _ => all.push(pattern),
            }
        }
        match all.len() {
            0 => Err(bad_tree(format!("{place} has no patterns"), None)),
            1 => Ok(all.remove(0).kind),
            _ => Ok(P::Alternatives(all)),
        }
    }
}
