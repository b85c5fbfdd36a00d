package com.example.tutoring.web;

import com.example.tutoring.domain.Tutor;
import com.example.tutoring.domain.TutorRepository;
import com.example.tutoring.security.SignedIn;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.LocalDate;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.stereotype.Controller;
import org.springframework.validation.BindingResult;
import org.springframework.web.bind.WebDataBinder;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.util.HtmlUtils;

@Controller
@RequestMapping("/tutors")
public class TutorController {

    private final TutorRepository tutors;

    public TutorController(TutorRepository tutors) {
        this.tutors = tutors;
    }

    @InitBinder("tutor")
    void profileFields(WebDataBinder binder) {
        binder.setDisallowedFields("id", "role", "passwordHash");
    }

    @ModelAttribute("tutor")
    Tutor load(@PathVariable(required = false) Long id) {
        return id == null ? null : tutors.findById(id).orElseThrow();
    }

    @PostMapping("/{id}/profile")
    public String save(@Valid @ModelAttribute("tutor") Tutor tutor, BindingResult result,
            @RequestParam(defaultValue = "/tutors/me") String next) {
        if (result.hasErrors()) {
            return "tutors/edit";
        }
        tutors.save(tutor);
        return next.startsWith("/") ? "redirect:" + next : "redirect:/tutors/me";
    }

    @PostMapping("/me/absence")
    public String absence(@AuthenticationPrincipal SignedIn me, @Valid @ModelAttribute Absence absence,
            BindingResult result) {
        if (!result.hasErrors()) {
            tutors.setAbsence(me.tutorId(), absence.from(), absence.until(), absence.note());
        }
        return "redirect:/tutors/me";
    }

    @GetMapping(value = "/{id}/card", produces = "text/html")
    @ResponseBody
    public String card(@ModelAttribute(name = "tutor", binding = false) Tutor tutor) {
        return "<article><h2>" + HtmlUtils.htmlEscape(tutor.getDisplayName()) + "</h2><p>"
                + HtmlUtils.htmlEscape(tutor.getBio()) + "</p><a href=\""
                + HtmlUtils.htmlEscape(tutor.getWebsite()) + "\">My website</a></article>";
    }

    @PostMapping("/{id}/verify")
    @PreAuthorize("hasRole('REVIEWER')")
    public String verify(@ModelAttribute(name = "tutor", binding = false) Tutor tutor) {
        tutor.setIdentityChecked(LocalDate.now());
        tutors.save(tutor);
        return "redirect:/review/queue";
    }

    public record Absence(@NotNull LocalDate from, @NotNull LocalDate until,
            @Size(max = 200) String note) {}
}
