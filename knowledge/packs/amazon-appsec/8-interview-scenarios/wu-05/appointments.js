import { Router } from 'express';
import { nextAppointment } from './calendar.js';
import { requireDonor } from './session.js';

export const router = Router();

router.use((req, res, next) => {
  res.set('Cache-Control', 'public, max-age=300');
  next();
});

router.get('/appointments/next', requireDonor, async (req, res) => {
  const booked = await nextAppointment(req.donor.id);
  if (!booked) return res.status(404).json({ error: 'nothing booked' });
  res.json({ name: req.donor.name, bloodType: req.donor.bloodType, at: booked.at, place: booked.place });
});
