package grading

import "strings"

// functionWords carry grammar, not content. Prose holds them in a share of roughly two fifths.
var functionWords = wordSet(`a about above across after again against all almost also although always am among an and another any anyone anything are aren't around as at away back be became because become been before
behind being below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't done down during each either else enough etc even ever every everyone everything few for from further
get gets getting got had hadn't has hasn't have haven't having he her here hers herself him himself his how however i i'd i'll i'm i've if in instead into is isn't it it's its itself just least less let like made
make makes making many may maybe me might mine more most much must my myself neither never no nobody none nor not nothing now of off often on once one only onto or other others our ours out over own per perhaps
put rather really same shall she should shouldn't since so some someone something sometimes still such than that that's the their theirs them themselves then there there's therefore these they they're this those
though through thus to together too toward towards under unless until up upon us very was wasn't we we'd we'll we're we've well were weren't what whatever when where whether which while who whom whose why will
with within without won't would wouldn't yes yet you you'd you'll you're you've your yours`)

// commonWords are everyday words: they say less about whether a point was made than rarer ones do.
var commonWords = wordSet(`able act actually add allow already answer appear apply area ask bad base basic basically begin best better big bit bring bunch call called care carry case cause certain change check choose clear close come
common complete consider contain continue correct could course create current day deal define depend describe detail different difficult directly easily easy effect end ensure entire especially exactly example exist expect explain
fact far fast feel find fine first fix follow form full general generally give given go goes gone good great group grow hand happen hard help high hold hope idea important include increase involve issue item keep kind know known large last
late later lead learn leave left level life line list little live long look lose lot low main mainly manage matter mean means meant mention method might move name near necessary need needed new next nice normal note number occur old
open order part particular pass people perform person piece place plan play point possible present pretty probably problem produce program project proper properly provide purpose question quick quickly reach read ready real reason reduce refer
relate remain remember require result return right run say said second see seem seen sense separate set several short show side similar simple simply single small solution solve sort specific start state stay step stop story sure system
take taken talk tell term thank thing think third thought three time today took total tried true try turn two type understand use used useful user uses using usually value various want way week went whole wide word work
works world worse worth write written wrong year young always idea makes ones whatever different`)

// negationWords turn what stands near them.
var negationWords = wordSet(`not no never none neither nor without cannot can't don't doesn't didn't isn't aren't wasn't weren't won't wouldn't shouldn't couldn't hasn't haven't hadn't nothing nobody hardly avoid avoids fails fail impossible unable lack lacks lacking`)

// workWords are what people speak about at work; with the words of the question they tell whether a stretch
// of text belongs to the answer at all.
var workWords = stemSet(`team manager lead customer user client project release deploy deployment service server data database code security engineer engineering developer company product launch incident audit review ticket report
deadline stakeholder meeting vendor system application app api access account login password key token certificate cloud network firewall log logs script pipeline build test testing tests bug fix patch vulnerability risk policy process requirement
migration backup restore encryption encrypt attack attacker threat exploit scanner alert dashboard metric department director analyst architect budget contract sprint backlog repository branch software hardware platform tool automation automate
template default rule design feature library dependency endpoint request response session cookie browser page portal website online email phishing malware ransomware compliance privacy legal office colleague intern boss leadership principle
decision decide proposal propose trust feedback onboarding training quarter production staging environment container cluster monitor monitoring support escalate escalation outage latency performance configuration config permission role privilege admin
control input output validation query statement parameter injection header url file upload storage bucket memory pointer array stack queue algorithm function class object thread lock protocol packet hash signature`)

// equivalents are rows of words and phrases that name the same thing, separated by commas.
const equivalents = `parameterised query, parameterized query, prepared statement, bound parameter, bind variable, placeholder, parameterised statement, bind parameter, parameterised, parameterized, values bound
authorisation, authorization, authz, permission, access right, entitlement, access control, privilege, allowed to
authentication, authenticate, authn, log in, logged in, sign in, login
check, verify, validate, confirm, inspect, compare, examine, test
examine, review, look, investigate, analyse, analyze, audit, read through, go through
allowlist, whitelist, allow list, safelist, fixed table, permitted values, allowed values, known good, list of allowed
blocklist, blacklist, denylist, deny list, block list
sql injection, sqli
cross-site scripting, xss, script injection, injected script
cross-site request forgery, csrf, xsrf, forged request, request forgery
server-side request forgery, ssrf
object-level authorization, idor, insecure direct object reference, bola, broken access control, object level
waf, web application firewall
orm, object-relational mapper, hibernate, activerecord
raw call, raw query, raw sql, native query
taint analysis, data-flow analysis, data flow, static analysis, sast, codeql, semgrep
dynamic probing, dast, dynamic scanner, sqlmap, fuzzing, dynamic test, probing, penetration test
least privilege, minimal rights, minimum permissions, only the rights, only the permissions, minimal role, few rights, no privileges, restricted account
dns rebinding, rebinding, resolves differently
redirect, hop, 302, forwarded
private range, private address, internal address, private ip, rfc1918, link-local, loopback, internal ip
metadata, imds, imdsv2, 169.254.169.254, instance credentials
localhost, loopback, 127.0.0.1
egress, outbound, outgoing
isolate, segment, separate, sandbox, segregate
encode, encoding, escape, escaping, html-encode
sanitise, sanitize, sanitiser, sanitizer, dompurify, clean
csp, content security policy
httponly, http-only
samesite, same-site
anti-forgery token, csrf token, anti-csrf token, synchroniser token, xsrf token
local storage, localstorage, web storage, sessionstorage
self-contained token, jwt, json web token, stateless token
revoke, revocation, invalidate, disable, deactivate, cancel, deny, block
rotate, rotation, replace, renew, reissue, new key
short-lived, short life, lifetime, expire, expiry, expires, temporary, ttl
secret, credential, password, key, api key, access key
secret scanning, gitleaks, trufflehog, scan for secrets, detects secrets, push protection, pre-commit hook
secrets manager, vault, secret store, key vault
audit log, cloudtrail, access log, log, logs
compromised, stolen, leaked, exposed, breached, disclosed
federation, oidc, openid, workload identity, assume role, sts
role, iam role, service account
deny by default, default deny, deny-by-default, refused by default, fail closed
row-level security, row level, data layer, repository layer, tenant filter
owner, belongs to, ownership, belong
random, unguessable, uuid, guid, guess, guessable, sequential
untrusted, hostile, malicious, attacker-controlled, user-controlled
attacker, adversary, hacker, intruder
browser, client-side
limit, cap, maximum, restrict, bound, threshold
rate limit, throttle, throttling
size, length, bytes
timeout, time limit, deadline
encrypt, encryption, encrypted, cipher
decrypt, decryption
hash, digest, bcrypt, argon2, scrypt
transport, tls, ssl, https
origin, same origin
moderator, admin, administrator
notify, notification, inform, tell the customer, disclose
prevent, stop, avoid, block, protect, mitigate, defend
fix, repair, correct, remediate, patch, resolve
flaw, vulnerability, bug, weakness, hole, defect, issue
damage, impact, harm, blast radius, consequence
find, detect, discover, identify, locate, notice
scan, scanner, scanning
delete, remove, erase, purge, drop
save, store, stored, persist, keep
send, transmit, pass, submit
receive, get, accept, obtain
start, begin, initiate, launch
finish, end, complete, terminate
fast, quick, efficient, quickly, speed
slow, slower, inefficient
big, large, huge
copy, duplicate, replicate, clone
variable, field, attribute, member
function, method, procedure, subroutine, routine, operation
argument, parameter
class, type
object, instance
pointer, reference, address
array, list, sequence, collection
element, item, entry, node, member
index, position, subscript, location
loop, iterate, iteration, repeat
recursion, recursive, calls itself, call itself
base case, stopping condition, termination condition, stops
compile, compiler, compile time, compilation
run time, runtime, execution, executed, execute, run
memory, ram, heap, storage
allocate, allocation, reserve, malloc
dynamic, dynamically, grow, flexible
fixed, static, constant
stack, lifo, last in first out, last-in first-out
queue, fifo, first in first out, first-in first-out
insert, add, push, enqueue, append, put
take, pop, dequeue, remove, extract
tree, hierarchy
root, top
leaf, leaves
parent, ancestor, superclass
child, children, subclass, descendant
sort, order, sorted, ordered, arrange
search, lookup, find, query
half, divide, split, partition, halves
merge, combine, join, concatenate
thread, process, task
lock, mutex, semaphore, synchronise, synchronize
concurrent, parallel, simultaneous, same time
cache, caching, cached
server, backend, host
client, frontend
request, call, message, query
response, reply, answer
packet, datagram, segment, frame
router, gateway, switch
failure, fault, crash, error, exception
availability, available, uptime
confidentiality, confidential, secrecy, private
integrity, tamper, tampering, modified, unaltered
public key, asymmetric
private key, secret key
symmetric, shared key, same key
sign, signature, signed
specify, define, declare, definition, declaration
implementation, body, code
interface, api, contract, header, prototype
hide, encapsulate, encapsulation, hidden
reuse, reusable, reused
test, testing, verification
requirement, specification, need
customer, user, client
change, modify, alter, update, edit, mutate
return, give back, gives back
equal, same, identical, equivalent
divide, division
number, integer, digit
character, char, letter
string, text
boolean, true or false
empty, null, zero, none, nothing
first, front, head, beginning, start
last, end, tail, rear, back
next, following, successor
previous, prior, preceding
automatic, automatically, automated, implicit
manually, explicit, by hand
every, each, all
layer, tier, level, line
supplementary, additional, second line, extra layer, defence in depth, defense in depth, only a layer, another layer, addition
network, subnet, vpc, segment
policy, rule, guideline
version, release, build
dependency, library, package, third-party
container, docker, image
human, people, person
train, training, teach, educate
log, record, trace
spread, distribute, divide, share, balance, split, shared
traffic, request, requests, load
server, machine, host, node, instance, computer
fail, fails, goes down, go down, down, crash, die, unavailable, break
overload, overloaded, overwhelmed, too much load
equal, same, identical
different, distinct, differ, unlike, another
precomputed, rainbow table, rainbow tables, lookup table
useless, do not work, don't work, worthless, ineffective
separately, individually, on its own, one by one, each
guarantee, guaranteed, reliable, reliability, ensure, assure
connection, connection oriented, handshake, session, connect
acknowledgement, acknowledge, ack, confirm
retransmission, retransmit, resend, resent, sent again
wait, waiting, block, blocked, stuck, hang
hold, own, possess, have
proceed, continue, progress, move forward, go on
full scan, full table scan, scanning the whole, look at every
space, disk, storage, room
write, insert, update, inserts and updates
row, record, tuple, entry
column, field, attribute
table, relation
share, percent, fraction, portion, subset, part, small group
roll back, rolled back, revert, undo, rollback
everyone, everybody, all users, the rest, whole population
deploy, release, ship, roll out, rollout, publish
metric, error rate, monitoring, measurement
link, linked, pointer, reference, points to
shift, shifting, moving, move, relocate
grow, resize, expand, increase, extend, size
smaller, reduced, simpler, subproblem, smaller problem
call, invoke, calling, invocation
scheme, protocol
domain, site, website, host, origin
port, port number
cross-origin, another origin, different site, another domain, other site
special, meaning, metacharacter
apostrophe, quote, single quote
legitimate, valid, legal, correct, allowed
separate, apart, keep apart, distinguish, isolate
overhead, cost, expense, expensive, price
advantage, benefit, pro, strength, good
disadvantage, drawback, con, weakness, downside
purpose, goal, aim, used for, reason, role
begin, beginning, start, first
hold, contain, store, include, consist
contiguous, adjacent, consecutive, next to each other, neighbouring, sequential
random access, direct access, index
efficient, fast, quick, performance, speed, time
complexity, big o, running time, time complexity
logarithmic, log n, half each time
linear, n steps, order n
quadratic, n squared, n^2
worst case, at worst, at most
best case, at best, at least
traverse, visit, walk, go through, iterate
compare, comparison, comparing
smallest, minimum, least, lowest
largest, maximum, biggest, highest
swap, exchange, switch
left, smaller side
scope, visible, visibility, accessible, accessed
global, everywhere, entire program, whole program
local, inside the function, within the function
initialise, initialize, set up, constructor
instance, object
inherit, inheritance, derive, derived, extends
override, redefine, overriding
overload, same name, overloading
abstract, abstraction, general
pass by reference, by reference, address
pass by value, by value, copy
prototype, signature, declaration
library, module, package
phase, stage, step
design, plan, planning
requirements, specification, what the customer wants
maintenance, maintain, support
debug, debugging, find errors, find bugs
simulate, simulation, model, prototype
label, identify, identifier, name
convert, translate, transform, turn into
machine code, object code, executable, binary
source code, source, program
statement, instruction, command, line of code
condition, test, predicate, check
block, deny, reject, refuse, drop, filter
allow, permit, accept, grant, let
leak, disclose, expose, reveal, exfiltrate
eavesdrop, sniff, intercept, listen, man in the middle
impersonate, spoof, pretend, forge, fake
identity, who you are, who someone is
what you may do, what you can do, rights
proof, evidence, prove
unique, only one, distinct, one of a kind
predict, guess, foresee, predictable
brute force, try all, trying every, guessing
collision, same hash, two inputs
one-way, irreversible, cannot be reversed, can't be reversed
plaintext, clear text, cleartext, unencrypted, readable
wireless, wifi, wlan
bandwidth, throughput, capacity
latency, delay, lag
redundancy, redundant, spare, backup, replica
recover, restore, recovery
physical, hardware
virtual, virtualised, virtualized, vm, hypervisor
kernel, operating system, os
schedule, scheduler, scheduling
context switch, switch between, switching
page, paging, page fault, swap
interrupt, signal, event
disk, hard drive, drive, ssd
program, application, software, app
user, person, human, people, customer
company, organisation, organization, business, firm
data, information, content, values
depend, depends, vary, varies, decide, determined by, according to
result, outcome, output, effect, consequence
timing, order in which, who comes first, sequence, when
concurrent, at once, at the same time, simultaneously, two threads, several threads
shared, same variable, common
right, permission, privilege, access
task, job, work, duty
need, needed, necessary, required, essential
keep, remain, stay, retain, preserve
old, existing, previous, legacy, current
small, minimal, little, tiny, smallest, minimum, least
isolation, isolate, by itself, alone, independently, on its own, standalone
early, soon, quickly, at once, immediately
error, bug, defect, fault, regression, mistake
misuse, abuse, exploit, attack
translate, map, resolve, convert, lookup
host name, domain name, name, domain
only, just, merely, no more than
part, piece, component, unit, fragment, section
join, connect, link, combine, attach
free, release, deallocate, delete
lifetime, lives, persist, stays, exist
create, make, build, generate, produce, construct
show, display, print, present, output, view
use, utilise, employ, apply
help, aid, assist, support
improve, better, enhance, optimise, optimize
reduce, lower, decrease, lessen, minimise, minimize, shrink
increase, raise, grow, more, higher
many, multiple, several, numerous, various
important, critical, essential, key, crucial
hard, difficult, complicated, complex, tricky
easy, simple, simpler, straightforward, trivial
safe, secure, protected, security
dangerous, risky, unsafe, insecure, vulnerable
know, knowledge, aware, learn
location, place, where, position, address
area, region, zone, block
type, kind, sort, category
way, method, approach, manner, technique
group, set, collection, bunch
rely, trust, depend on, based on
describe, explain, specify, state
happen, occur, arise, take place
cause, lead to, result in, because of, trigger
constantly, always, continuously, permanently
real, actual, true
false, wrong, incorrect, invalid`

func wordSet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

func stemSet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[stem(w)] = true
	}
	return m
}
