//! Functions, closures and classes; new objects.

use rps_runtime::code::{Instruction as I, Register};
use rps_runtime::object::payload::Function as FunctionPayload;
use rps_runtime::object::{MAX_KEYS, Payload};
use rps_runtime::value::{ClosureRef, TupleRef};
use rps_runtime::{ObjectRef, Oid, Value, known};

use super::codes;
use super::compiler::Compiler;
use super::names::bound_names;
use super::scope::{Form, Resolved};
use super::text::{dedented, with_comments};
use crate::syntax::Span;
use crate::syntax::ast::{
    Class, Closure, Elements, Expression, ExpressionKind as E, Function, Member, MemberKind, Name, New,
};

impl Compiler<'_, '_> {
    /// Compiles a closure.
    pub(super) fn closure(&mut self, span: Span, closure: &Closure, to: Register) {
        let name = format!("closure in {}", self.current.name);
        let body = &*closure.body;
        let object = self.inner(Form::Closure, name, span, &closure.parameters, &[body], |compiler| {
            compiler.tail(body);
        });
        self.make_closure(span, object, to);
    }

    /// Compiles a function: with a name at the top of a text a global one, elsewhere one that captures.
    pub(super) fn function(&mut self, span: Span, function: &Function, to: Register) {
        if self.current.binds_locals() && self.misplaced_native(function) {
            return;
        }
        match &function.name {
            Some(member) if self.hoisted.contains(&span.start) && !self.current.binds_locals() => {
                // It was defined at the beginning.
                if let MemberKind::Name(name) = &member.kind
                    && let Some(found) = self.resolve(span, name)
                {
                    self.load(span, found, to);
                }
            }
            Some(member) if !self.current.binds_locals() => self.global_function(span, member, function, to),
            name => {
                // Only the function itself knows its name: an expression gives the registers back that it takes.
                self.current.open();
                let own = match name {
                    Some(Member { kind: MemberKind::Name(name), .. }) => {
                        self.variable_of_function(span, name)
                    }
                    _ => None,
                };
                let object = self.inner_function(function);
                self.make_closure(span, object, to);
                if let Some(variable) = own {
                    self.emit(span, I::StoreVariable { variable, from: to });
                }
                self.current.close();
            }
        }
    }

    /// Compiles the definition of a function in a block, as a statement; returns whether it was one.
    pub(super) fn define_local_function(&mut self, span: Span, function: &Function) -> bool {
        let Some(Member { kind: MemberKind::Name(name), .. }) = &function.name else { return false };
        if !self.current.binds_locals() || function.native.is_some() {
            return false;
        }
        let variable = self.variable_of_function(span, name);
        let register = variable.unwrap_or_else(|| self.register());
        let mark = self.current.emitter.mark();
        let object = self.inner_function(function);
        let closure = self.register();
        self.make_closure(span, object, closure);
        if variable.is_some() {
            self.emit(span, I::StoreVariable { variable: register, from: closure });
        } else {
            self.move_to(span, closure, register);
            self.current.bind(name, register, false);
        }
        self.current.emitter.release_to(mark);
        true
    }

    /// Compiles beforehand what a text uses before its definition: functions, and classes as superclasses.
    ///
    /// A function that is defined once, under a name that stands for nothing yet, is defined at the beginning. It may use
    /// the variables of the text, whose names stand for nothing elsewhere before the text makes them.
    pub(super) fn hoist(&mut self, statements: &[Expression]) {
        let functions = || {
            statements.iter().filter_map(|statement| match &statement.kind {
                E::Function(function) => match &function.name {
                    Some(Member { kind: MemberKind::Name(name), .. }) => {
                        Some((name, &**function, statement.span))
                    }
                    _ => None,
                },
                _ => None,
            })
        };
        let is_free = |m: &rps_runtime::Mutator<'_>, name: &str| {
            m.symbol(name).is_none_or(|symbol| m.value_of_symbol(symbol).is_identical(symbol.into()))
        };
        let first = statements.iter().position(|statement| !matches!(statement.kind, E::Function(_)));
        let late = first.map_or(0, |first| statements[first].span.start);
        let before = self.variables.names.len();
        for statement in statements {
            if let E::Let { pattern, .. } = &statement.kind {
                bound_names(pattern, &mut |name| {
                    self.session_variable(&name.text);
                });
            }
        }
        for (name, function, span) in functions() {
            let once = functions().filter(|(other, ..)| *other == name).count() == 1;
            if once && span.start > late && is_free(self.m, name) {
                let mark = self.current.emitter.mark();
                let to = self.register();
                self.function(span, function, to);
                self.current.emitter.release_to(mark);
                self.hoisted.push(span.start);
            }
        }
        self.variables.hide_from(before);
        let classes = || {
            statements.iter().filter_map(|statement| match &statement.kind {
                E::Class(class) => Some((class, statement.span)),
                _ => None,
            })
        };
        for (class, span) in classes() {
            let Some(Member { kind: MemberKind::Name(above), .. }) = &class.superclass else { continue };
            let defined = classes().find(|(other, _)| other.name.text == *above);
            if defined.is_some_and(|(_, place)| place.start > span.start) && is_free(self.m, above) {
                self.declare_class(span, above);
            }
        }
    }

    /// Compiles the making of a class that is described later.
    fn declare_class(&mut self, span: Span, name: &str) {
        let mark = self.current.emitter.mark();
        let to = self.register();
        self.constant(span, Value::NIL, to);
        if let Ok(description) = self.description(name, &[], &[]) {
            let constant = self.current.emitter.constant(description);
            self.emit(span, I::DefineClass { to, superclass: to, constant });
        }
        self.current.emitter.release_to(mark);
    }

    /// Binds the name of a function that is to be made, if closures mention it: it may call itself.
    fn variable_of_function(&mut self, span: Span, name: &str) -> Option<Register> {
        if !self.current.is_shared(name) {
            return None;
        }
        let register = self.register();
        self.constant(span, Value::NIL, register);
        self.emit(span, I::MakeVariable { to: register, from: register });
        self.current.bind(name, register, true);
        Some(register)
    }

    fn inner_function(&mut self, function: &Function) -> InnerFunction {
        let name = match &function.name {
            Some(Member { kind: MemberKind::Name(name), .. }) => name.to_string(),
            _ => format!("function in {}", self.current.name),
        };
        let body: Vec<&Expression> = function.body.statements.iter().collect();
        self.inner(Form::Inner, name, function.span, &function.parameters, &body, |compiler| {
            compiler.tail_block(&function.body);
        })
    }

    fn global_function(&mut self, span: Span, member: &Member, function: &Function, to: Register) {
        let MemberKind::Name(name) = &member.kind else {
            self.error(codes::BAD_NAME, member.span, "a function at the top of a text is named by a word");
            return;
        };
        self.check_name(member.span, name);
        let taken = self.m.symbol(name).map(|symbol| (symbol, self.m.value_of_symbol(symbol)));
        if let Some((symbol, value)) = taken
            && !value.is_identical(symbol.into())
            && !value.as_object().is_some_and(|value| value.is_function(self.m))
        {
            let message = format!("`{name}` is the global name of something that is no function");
            self.error(codes::DUPLICATE_NAME, member.span, message).hint = Some("choose another name".into());
        }
        if self.variables.find(name).is_some() {
            let message = format!("`{name}` is a variable of the session, which would hide the function");
            self.error(codes::DUPLICATE_NAME, member.span, message).hint = Some("choose another name".into());
        }
        // It may call itself.
        self.defined.push(name.clone());
        let body: Vec<&Expression> = function.body.statements.iter().collect();
        let inner = self.inner(
            Form::Global,
            name.to_string(),
            function.span,
            &function.parameters,
            &body,
            |compiler| compiler.global_body(name, function),
        );
        let object = self.current.emitter.constant(inner.object.into());
        let text = self.m.string(name);
        let name = self.current.emitter.constant(text);
        self.emit(span, I::DefineFunction { to, function: object, name });
    }

    /// Compiles a function in the current one, and returns its object, which has its source and its code.
    fn inner(
        &mut self,
        form: Form,
        name: String,
        span: Span,
        parameters: &[Name],
        body: &[&Expression],
        compile: impl FnOnce(&mut Self),
    ) -> InnerFunction {
        let object = self.function_object(form, &name);
        self.keep(object.into());
        self.begin(form, name, parameters, body);
        compile(self);
        let (function, code) = self.end(span, object, parameters.len());
        let names = parameters.iter().map(|parameter| parameter.text.clone()).collect();
        let text = std::sync::Arc::clone(&self.source);
        let whole =
            if form == Form::Global { with_comments(&text.text, self.comments(), span) } else { span };
        let source = dedented(&text.text, whole);
        let mut payload = FunctionPayload::new(&source, names, function.captured.clone());
        payload.class = self.home_class;
        object.install_payload(self.m, Some(Payload::Function(Box::new(payload))));
        if let Some(code) = code {
            self.m.set_code(object, code);
        }
        let captured = function.captured.into_iter().map(|capture| capture.name).collect();
        InnerFunction { object, captured }
    }

    /// Returns a new function object. One of the library has an oid that belongs to its name: stores may refer to it.
    fn function_object(&self, form: Form, name: &str) -> ObjectRef {
        let class = self.m.class(known::FUNCTION);
        if !self.is_library || form != Form::Global {
            return self.m.new_object(class);
        }
        let object = self.m.object_or_skeleton(Oid::of_name(name));
        object.set_class_unchecked(Some(class));
        object
    }

    /// Compiles a function of the library, and returns its object.
    pub(super) fn library_function(&mut self, name: &str, function: &Function) -> ObjectRef {
        let body: Vec<&Expression> = function.body.statements.iter().collect();
        let inner = self.inner(
            Form::Global,
            name.to_string(),
            function.span,
            &function.parameters,
            &body,
            |compiler| {
                compiler.tail_block(&function.body);
            },
        );
        inner.object
    }

    /// Compiles a method of the library, and returns its function's object.
    pub(super) fn library_method(&mut self, label: String, function: &Function) -> ObjectRef {
        let body: Vec<&Expression> = function.body.statements.iter().collect();
        self.method(label, function, &body).object
    }

    /// Compiles the making of a closure of a function over what it captures.
    fn make_closure(&mut self, span: Span, inner: InnerFunction, to: Register) {
        let mark = self.current.emitter.mark();
        let count = inner.captured.len();
        let first = self.current.emitter.registers(count);
        for (at, name) in inner.captured.iter().enumerate() {
            let register = first.wrapping_add(at as Register);
            if &**name == super::scope::SELF && self.current.is_method {
                self.emit(span, I::Move { to: register, from: 0 });
                continue;
            }
            match self.resolve_local(name) {
                // The variable itself, not its value.
                Some(Resolved::Variable(from)) => self.move_to(span, from, register),
                Some(Resolved::CapturedVariable(captured)) => {
                    self.emit(span, I::LoadCaptured { to: register, captured });
                }
                Some(Resolved::Session(variable)) => self.constant(span, variable.into(), register),
                Some(found) => self.load(span, found, register),
                None => {}
            }
        }
        if count > usize::from(u8::MAX) {
            self.error(codes::TOO_LARGE, span, "a closure captures at most 255 names");
        }
        let constant = self.current.emitter.constant(inner.object.into());
        self.emit(span, I::MakeClosure { count: count as u8, to, constant, first });
        self.current.emitter.release_to(mark);
    }

    /// Compiles a class.
    pub(super) fn class(&mut self, span: Span, class: &Class, to: Register) {
        self.check_name(class.name.span, &class.name.text);
        let superclass = self.register();
        match &class.superclass {
            Some(member) => {
                if let Some(found) = self.class_member(member) {
                    self.load(member.span, found, superclass);
                }
            }
            None => self.constant(span, Value::NIL, superclass),
        }
        let mut attributes = self.m.root_vec();
        for member in &class.attributes {
            if let Some(attribute) = self.attribute(member, true) {
                attributes.push(attribute.into());
            }
        }
        let mut methods = self.m.root_vec();
        for function in &class.methods {
            let Some(member) = &function.name else { continue };
            let Some(selector) = self.attribute(member, true) else { continue };
            if methods.chunks_exact(2).any(|pair| pair[0].is_identical(selector.into())) {
                self.error(codes::MISPLACED, member.span, "the class has another method of this name above");
            }
            let label = match &member.kind {
                MemberKind::Name(name) => format!("{}.{name}", class.name.text),
                _ => format!("{}.{}", class.name.text, selector.oid()),
            };
            let body: Vec<&Expression> = function.body.statements.iter().collect();
            let inner = self.method(label, function, &body);
            match ClosureRef::new(self.m, inner.object, &[]) {
                Ok(closure) => {
                    methods.push(selector.into());
                    methods.push(closure.into());
                }
                Err(error) => {
                    self.error(codes::TOO_LARGE, function.span, error.to_string());
                }
            }
        }
        match self.description(&class.name.text, &attributes, &methods) {
            Ok(description) => {
                let constant = self.current.emitter.constant(description);
                self.emit(span, I::DefineClass { to, superclass, constant });
            }
            Err(error) => {
                self.error(codes::TOO_LARGE, span, error.to_string());
            }
        }
    }

    fn method(&mut self, label: String, function: &Function, body: &[&Expression]) -> InnerFunction {
        let inner = self.inner(Form::Global, label, function.span, &function.parameters, body, |compiler| {
            compiler.current.is_method = true;
            compiler.current.bind(super::scope::SELF, 0, false);
            compiler.tail_block(&function.body);
        });
        inner.object.update_payload(self.m, |payload| {
            if let Some(Payload::Function(function)) = payload {
                function.is_method = true;
            }
        });
        inner
    }

    /// Returns what the instruction that defines a class is given.
    fn description(
        &self,
        name: &str,
        attributes: &[Value],
        methods: &[Value],
    ) -> Result<Value, rps_runtime::value::ValueError> {
        let mut parts = self.m.root_vec();
        parts.push(self.m.string(name));
        parts.push(TupleRef::new(self.m, attributes)?.into());
        parts.push(TupleRef::new(self.m, methods)?.into());
        Ok(TupleRef::new(self.m, &parts)?.into())
    }

    /// Compiles `new`.
    pub(super) fn new_object(&mut self, span: Span, new: &New, to: Register) {
        let initializers = match &new.elements {
            Elements::Attributes(initializers) => &initializers[..],
            _ => &[],
        };
        let mut keys: Vec<ObjectRef> = Vec::new();
        for initializer in initializers {
            match self.attribute(&initializer.attribute, true) {
                Some(key) => keys.push(key),
                None => return,
            }
        }
        let is_plain = |(at, key): (usize, &ObjectRef)| {
            at < MAX_KEYS && !keys[..at].contains(key) && self.m.magic_of(*key).is_none()
        };
        // Those that are put one after the other are few: computed ones, and one that is given twice.
        let together = if keys.iter().enumerate().all(is_plain) { keys.len() } else { 0 };
        let object = self.window(to, together);
        self.expression(&new.class, object);
        for (at, initializer) in initializers[..together].iter().enumerate() {
            self.expression(&initializer.value, object.wrapping_add(at as Register + 1));
        }
        let site = self.current.emitter.new_site(keys[..together].to_vec());
        self.emit(span, I::NewObject { count: together as u8, first: object, site });
        for (initializer, &key) in initializers.iter().zip(&keys).skip(together) {
            let mark = self.current.emitter.mark();
            let value = self.operand(&initializer.value, &[]);
            let site = self.current.emitter.attribute_site(key);
            self.emit(initializer.value.span, I::PutAttribute { object, site, value });
            self.current.emitter.release_to(mark);
        }
        match &new.elements {
            Elements::None | Elements::Attributes(_) => {}
            Elements::Components(items) => {
                for item in items {
                    let mark = self.current.emitter.mark();
                    let value = self.operand(item, &[]);
                    self.emit(item.span, I::PushElement { collection: object, value });
                    self.current.emitter.release_to(mark);
                }
            }
            Elements::Entries(entries) => {
                for (key, value) in entries {
                    let mark = self.current.emitter.mark();
                    let index = self.operand(key, &[value]);
                    let element = self.operand(value, &[]);
                    let put = I::PutElement { collection: object, index, value: element };
                    self.emit(key.span.to(value.span), put);
                    self.current.emitter.release_to(mark);
                }
            }
        }
        self.move_to(span, object, to);
    }
}

/// A function that was compiled within another one.
pub(super) struct InnerFunction {
    pub(super) object: ObjectRef,
    captured: Vec<Box<str>>,
}
