//! The compiler of one text: what its parts share, and what names stand for.

use std::sync::Arc;

use rps_runtime::code::{CodeParts, CodeRef, Instruction as I, Register, Source};
use rps_runtime::send::similar_names;
use rps_runtime::{Mutator, ObjectRef, Oid, RootVec, Value, names};

use super::codes;
use super::emit::Emitter;
use super::names::{closures_return, defined, shared_names};
use super::scope::{Form, Function, HOME, Resolved};
use crate::native::Defined;
use crate::syntax::ast::{Expression, Member, MemberKind, Name, Program};
use crate::syntax::{Diagnostic, Span, TokenKind, lex};

/// The variables of a session: names, and the objects that hold the values.
#[derive(Default)]
pub(super) struct Variables {
    pub(super) names: Vec<Box<str>>,
    pub(super) objects: Option<RootVec>,
    /// Names that the text has not come to yet, and the numbers of their objects.
    early: Vec<(Box<str>, usize)>,
}

impl Variables {
    pub(super) fn find(&self, name: &str) -> Option<ObjectRef> {
        let at = self.names.iter().position(|own| &**own == name)?;
        self.objects.as_ref()?.get(at)?.as_object()
    }

    fn add(&mut self, m: &Mutator<'_>, name: &str) -> ObjectRef {
        let variable = m.new_variable(Value::NIL);
        self.names.push(name.into());
        self.objects.get_or_insert_with(|| m.root_vec()).push(variable.into());
        variable
    }

    /// Returns the variable with a name, making it.
    pub(super) fn find_or_add(&mut self, m: &Mutator<'_>, name: &str) -> ObjectRef {
        if let Some(at) = self.early.iter().position(|(own, _)| &**own == name) {
            let (name, at) = self.early.swap_remove(at);
            self.names[at] = name;
        }
        self.find(name).unwrap_or_else(|| self.add(m, name))
    }

    /// Makes the names of the variables from a number on stand for nothing until somebody makes these variables again.
    pub(super) fn hide_from(&mut self, number: usize) {
        let names = self.names.iter_mut().enumerate().skip(number);
        self.early.extend(names.map(|(at, name)| (std::mem::take(name), at)));
    }

    /// Forgets the variables from a number on: those of a text that was not run.
    pub(super) fn truncate(&mut self, len: usize) {
        self.names.truncate(len);
        self.early.clear();
        if let Some(objects) = &mut self.objects {
            objects.truncate(len);
        }
    }
}

/// The compiler of one text.
pub(super) struct Compiler<'c, 'r> {
    pub(super) m: &'c Mutator<'r>,
    /// The function under construction.
    pub(super) current: Function,
    /// Those around it, the outermost first.
    outer: Vec<Function>,
    pub(super) variables: &'c mut Variables,
    pub(super) source: Arc<Source>,
    /// Names that the text itself defines.
    pub(super) defined: Vec<Box<str>>,
    diagnostics: Vec<Diagnostic>,
    /// Where the comments of the text stand, once somebody asked.
    comments: Option<Vec<Span>>,
    /// Where the functions begin that were defined at the beginning of the text.
    pub(super) hoisted: Vec<u32>,
    /// The class of the method that the text is, of one from a store.
    pub(super) home_class: Option<ObjectRef>,
    /// Whether the text is one of the library.
    pub(super) is_library: bool,
    /// The functions that the text defines, for native ones, which call them by name.
    pub(super) natives: Defined,
}

impl<'c, 'r> Compiler<'c, 'r> {
    pub(super) fn new(
        m: &'c Mutator<'r>,
        variables: &'c mut Variables,
        source: Arc<Source>,
    ) -> Compiler<'c, 'r> {
        let name = source.name.clone();
        let current = Function::new(Form::Text, Emitter::new(m, 1), name);
        Compiler {
            m,
            current,
            outer: Vec::new(),
            variables,
            source,
            defined: Vec::new(),
            diagnostics: Vec::new(),
            comments: None,
            hoisted: Vec::new(),
            home_class: None,
            is_library: false,
            natives: Defined::default(),
        }
    }

    /// Compiles a program; `None` when there are diagnostics.
    pub(super) fn program(&mut self, program: &Program) -> Option<CodeRef> {
        self.define_names(&program.statements);
        self.current.shared = shared_names(&program.statements);
        let to = self.current.emitter.register();
        self.hoist(&program.statements);
        self.statements(program.span, &program.statements, Some(to));
        self.current.emitter.emit(program.span, I::Return { from: to });
        self.finish(program.span, None, 0)
    }

    /// Makes the symbols of what a text defines, so that what stands before a definition can refer to it.
    pub(super) fn define_names(&mut self, statements: &[Expression]) {
        let found = defined(statements);
        // Those of functions and classes are made where they are referred to, and not by a text that means nothing.
        for name in &found.members {
            // A word that can not be a name is said so where it stands.
            if let (Ok(object), true) = (self.m.intern(name), names::is_name(name)) {
                self.keep(object.into());
            }
        }
        self.defined.extend(found.globals);
        self.natives = Defined::of(statements);
    }

    /// Keeps a value as long as the code is made.
    pub(super) fn keep(&mut self, value: Value) {
        self.current.emitter.constant(value);
    }

    /// Begins a function in the current one.
    pub(super) fn begin(&mut self, form: Form, name: String, parameters: &[Name], body: &[&Expression]) {
        let emitter = Emitter::new(self.m, 1 + parameters.len());
        let outer = std::mem::replace(&mut self.current, Function::new(form, emitter, name));
        self.outer.push(outer);
        self.current.shared = shared_names(body.iter().copied());
        for (at, parameter) in parameters.iter().enumerate() {
            self.current.bind(&parameter.text, (at + 1) as Register, false);
        }
        if form != Form::Closure && closures_return(body.iter().copied()) {
            let home = self.current.emitter.register();
            self.current.bind(HOME, home, false);
            self.current
                .emitter
                .emit(body.first().map_or(Span::new(0, 0), |first| first.span), I::MakeHome { to: home });
        }
        for (at, parameter) in parameters.iter().enumerate() {
            if parameters[..at].iter().any(|before| before.text == parameter.text) {
                let message = format!("there is another parameter `{}`", parameter.text);
                self.error(codes::MISPLACED, parameter.span, message);
            }
            if self.current.is_shared(&parameter.text) {
                let variable = self.current.emitter.register();
                let from = (at + 1) as Register;
                self.current.emitter.emit(parameter.span, I::MakeVariable { to: variable, from });
                self.current.bind(&parameter.text, variable, true);
            }
        }
        if parameters.len() > usize::from(u8::MAX) - 1 {
            self.error(codes::TOO_LARGE, parameters[0].span, "a function takes at most 254 parameters");
        }
    }

    /// Ends the function that was begun last, and returns it with its code.
    pub(super) fn end(
        &mut self,
        span: Span,
        object: ObjectRef,
        parameters: usize,
    ) -> (Function, Option<CodeRef>) {
        let code = self.finish(span, Some(object), parameters);
        let outer = self
            .outer
            .pop()
            .unwrap_or_else(|| Function::new(Form::Text, Emitter::new(self.m, 1), String::new()));
        (std::mem::replace(&mut self.current, outer), code)
    }

    /// Returns the code of the current function, or `None` when there are diagnostics.
    fn finish(&mut self, span: Span, function: Option<ObjectRef>, parameters: usize) -> Option<CodeRef> {
        if self.has_errors() {
            return None;
        }
        if self.current.emitter.is_too_large() {
            self.error(codes::TOO_LARGE, span, "the text is too large to be compiled at once");
            return None;
        }
        let constants = self.m.root_vec();
        let emitter = &mut self.current.emitter;
        let parts = CodeParts {
            name: self.current.name.clone(),
            function,
            source: Arc::clone(&self.source),
            instructions: std::mem::take(&mut emitter.instructions),
            ranges: std::mem::take(&mut emitter.ranges),
            constants: std::mem::replace(&mut emitter.constants, constants),
            attributes: std::mem::take(&mut emitter.attributes),
            selectors: std::mem::take(&mut emitter.selectors),
            calls: emitter.calls as u16,
            globals: std::mem::take(&mut emitter.globals),
            made: std::mem::take(&mut emitter.made),
            handlers: std::mem::take(&mut emitter.handlers),
            registers: emitter.register_count(),
            parameters: parameters as u8,
            captured: self.current.captured.len() as u16,
            is_method: self.current.is_method,
        };
        match CodeRef::new(self.m, parts) {
            Ok(code) => Some(code),
            Err(error) => {
                let message = format!("the compiler made code that is not sound: {error}");
                self.error(codes::INTERNAL, span, message).hint =
                    Some("this is a mistake of Repersys: please report it with the text".into());
                None
            }
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Returns where the comments of the text stand.
    pub(super) fn comments(&mut self) -> &[Span] {
        let text = &self.source.text;
        self.comments.get_or_insert_with(|| {
            let tokens = lex(text).tokens.into_iter();
            tokens.filter(|token| token.kind == TokenKind::Comment).map(|token| token.span).collect()
        })
    }

    /// Adds diagnostics.
    pub(super) fn report(&mut self, diagnostics: Vec<Diagnostic>) {
        self.diagnostics.extend(diagnostics);
    }

    /// Adds a diagnostic, and returns it to be completed.
    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(code, span, message));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// Returns the variable of the session with a name, making it.
    pub(super) fn session_variable(&mut self, name: &str) -> ObjectRef {
        self.variables.find_or_add(self.m, name)
    }

    /// Returns what a name stands for; an unknown one is a diagnostic.
    pub(super) fn resolve(&mut self, span: Span, name: &str) -> Option<Resolved> {
        if let Some(found) = self.resolve_local(name) {
            return Some(found);
        }
        if let Some(symbol) = self.global(name) {
            return Some(Resolved::Global(symbol));
        }
        let locals = std::iter::once(&self.current).chain(&self.outer).flat_map(|function| &function.locals);
        let mut known: Vec<String> = locals.map(|local| local.name.to_string()).collect();
        known.extend(self.variables.names.iter().map(ToString::to_string));
        // Most symbols are attributes and selectors, which nobody means who writes a name.
        let stands_for_something = |name: &String| {
            self.m
                .symbol(name)
                .is_some_and(|symbol| !self.m.value_of_symbol(symbol).is_identical(symbol.into()))
        };
        known.extend(self.m.all_names().into_iter().filter(stands_for_something));
        known.extend(self.m.library_names());
        let hint = match similar_names(name, known).first() {
            Some(best) => format!("did you mean `{best}`?"),
            None => format!("`let {name} = …` makes a variable"),
        };
        self.error(codes::UNKNOWN_NAME, span, format!("nothing is named `{name}`")).hint = Some(hint);
        None
    }

    /// Returns what a name stands for in this function, those around it and the session, capturing it where need be.
    pub(super) fn resolve_local(&mut self, name: &str) -> Option<Resolved> {
        let depth = self.outer.len();
        self.resolve_at(depth, name)
    }

    fn function_at(&mut self, depth: usize) -> &mut Function {
        if depth == self.outer.len() { &mut self.current } else { &mut self.outer[depth] }
    }

    fn resolve_at(&mut self, depth: usize, name: &str) -> Option<Resolved> {
        let function = self.function_at(depth);
        if let Some(found) = function.local(name).or_else(|| function.captured(name)) {
            return Some(found);
        }
        let form = function.form;
        if depth == 0 || form == Form::Global {
            return self.variables.find(name).map(Resolved::Session);
        }
        let shared = match self.resolve_at(depth - 1, name)? {
            Resolved::Local(_) | Resolved::Captured(_) => false,
            Resolved::Variable(_) | Resolved::CapturedVariable(_) | Resolved::Session(_) => true,
            Resolved::Global(_) => return None,
        };
        Some(self.function_at(depth).capture(name, shared))
    }

    /// Returns the symbol of a global name, if it stands for something or will.
    fn global(&mut self, name: &str) -> Option<ObjectRef> {
        if let Some(symbol) = self.m.symbol(name) {
            return Some(symbol);
        }
        let known = self.m.library_global(name).is_some() || self.defined.iter().any(|own| &**own == name);
        if known { self.m.make_symbol(name, true).ok().or_else(|| self.m.symbol(name)) } else { None }
    }

    /// Returns the object with an oid; an unknown one is a diagnostic.
    pub(super) fn object_of_oid(&mut self, span: Span, oid: &str) -> Option<ObjectRef> {
        let object = Oid::parse(oid).ok().and_then(|oid| self.m.object(oid));
        if object.is_none() {
            self.error(codes::UNKNOWN_OID, span, format!("there is no object {oid}"));
        }
        object
    }

    /// Returns the object that a member names; `define` makes a symbol where there is none.
    pub(super) fn attribute(&mut self, member: &Member, define: bool) -> Option<ObjectRef> {
        match &member.kind {
            MemberKind::Oid(oid) => self.object_of_oid(member.span, oid),
            MemberKind::Name(name) if define || self.m.symbol(name).is_some() => match self.m.intern(name) {
                Ok(object) => Some(object),
                Err(error) => {
                    self.error(codes::BAD_NAME, member.span, error.to_string());
                    None
                }
            },
            MemberKind::Name(name) => {
                let similar = similar_names(name, self.m.all_names());
                let hint = similar.first().map(|best| format!("did you mean `{best}`?"));
                self.error(codes::UNKNOWN_NAME, member.span, format!("no attribute is named `{name}`"))
                    .hint = hint;
                None
            }
            MemberKind::Error => None,
        }
    }

    /// Makes sure that a word can be a global name.
    pub(super) fn check_name(&mut self, span: Span, name: &str) {
        if !names::is_name(name) {
            self.error(codes::BAD_NAME, span, format!("`{name}` can not be a name that is kept"));
        }
    }
}
