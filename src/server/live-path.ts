/** Who is alive needs no key, and says nothing else. */
export const livePath = '/api/v1/health/live';
