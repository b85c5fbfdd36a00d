"""Reminder mails of dental practices: edit a template, look at it, send a trial."""
import json

from django.contrib.auth.decorators import login_required
from django.core.mail import EmailMessage
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.html import escape
from django.views.decorators.http import require_GET, require_POST
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from reminders.models import Patient, ReminderTemplate

SENDER = "Dental reminders <reminders@dentists.example>"


def own_template(request, template_id):
    return get_object_or_404(
        ReminderTemplate, pk=template_id, practice=request.user.practice)


def own_patient(request, patient_id):
    return get_object_or_404(Patient, pk=patient_id, practice=request.user.practice)


@login_required
@require_POST
def save_template(request, template_id):
    row = own_template(request, template_id)
    form = json.loads(request.body)
    row.subject = str(form["subject"])[:150]
    row.body = str(form["body"])[:20_000]
    row.save()
    return JsonResponse({"saved": row.pk})


def render(row, patient):
    values = {
        "patient": patient,
        "practice": patient.practice,
        "visit": patient.next_visit(),
    }
    bodies = SandboxedEnvironment(undefined=StrictUndefined)
    subject = Template(row.subject).render(values)
    return subject, bodies.from_string(row.body).render(values)


@login_required
@require_GET
def preview(request, template_id):
    row = own_template(request, template_id)
    patient = own_patient(request, request.GET["patient"])
    try:
        subject, body = render(row, patient)
    except TemplateError as problem:
        return HttpResponse(str(problem), status=422, content_type="text/plain")
    return HttpResponse(f"<title>{escape(subject)}</title><main>{body}</main>")


@login_required
@require_POST
def send_trial(request, template_id):
    form = json.loads(request.body)
    row = own_template(request, template_id)
    patient = own_patient(request, form["patient"])
    subject, body = render(row, patient)
    mail = EmailMessage(
        subject, body, SENDER, [form["to"]],
        reply_to=[request.user.practice.reply_address])
    mail.content_subtype = "html"
    mail.send()
    return JsonResponse({"sent": form["to"]})
